#include "sums.h"

#include "window.h"

#include <math.h>

/* The parameters from `scale` on are a scale and a zero point, both 0 where there is nothing that they belong to. */
static nnz_status check_scale(const nnz_op *op, uint32_t scale, bool present, nnz_error *error) {
    const float value = nnz_float(op->params[scale]);
    if (present ? !(value > 0 && value < INFINITY) : op->params[scale] || op->params[scale + 1])
        return nnz_op_fail(op, error, "its scales must be finite and above 0, or 0 with a zero point of 0 if unused");
    return nnz_op_check_zero_point(op, scale + 1, error);
}

nnz_status nnz_sum_check(const nnz_op *op, nnz_error *error) {
    const nnz_tensor_record *x = nnz_op_input(op, NNZ_SUM_X), *residual = nnz_op_input(op, NNZ_SUM_RESIDUAL);
    const nnz_tensor_record *y = nnz_op_output(op, 0);
    nnz_status status;
    if (!x || x->layout != NNZ_LAYOUT_PLANES4)
        return nnz_op_fail(op, error, "x must be int8 in layout planes4");
    if (residual && (residual->layout != NNZ_LAYOUT_PLANES4 || !nnz_same_dims(x, residual)))
        return nnz_op_fail(op, error, "the residual must be int8 in layout planes4, of the dims of x");
    if (!nnz_same_dims(x, y) || (y->layout != NNZ_LAYOUT_PLANES4 && y->dtype != NNZ_FLOAT32))
        return nnz_op_fail(op, error, "y must be float32, or int8 in layout planes4, of the dims of x");
    if ((status = nnz_op_check_constant(op, NNZ_SUM_BIAS, NNZ_FLOAT32, x->dims[1], true, error)) ||
        (status = check_scale(op, NNZ_SUM_SX, true, error)) || (status = check_scale(op, NNZ_SUM_SR, residual, error)))
        return status;
    return check_scale(op, NNZ_SUM_RY, y->dtype == NNZ_INT8, error);
}

static size_t pixels_of(const nnz_op *op) {
    nnz_map x;
    nnz_map_of(nnz_op_input(op, NNZ_SUM_X), &x);
    return (size_t)x.h * x.w;
}

nnz_sum_s8 nnz_sum_of_op(const nnz_op *op) {
    return (nnz_sum_s8){
        .bias = nnz_op_constant(op, op->inputs[NNZ_SUM_BIAS]),
        .stride = 4 * pixels_of(op),
        .scale = nnz_float(op->params[NNZ_SUM_SX]),
        .residual_scale = nnz_float(op->params[NNZ_SUM_SR]),
        .zero = nnz_op_signed(op, NNZ_SUM_ZX),
        .residual_zero = nnz_op_signed(op, NNZ_SUM_ZR),
    };
}

nnz_sum_s8 nnz_sum_of(const nnz_exec *exec) {
    nnz_sum_s8 sum = nnz_sum_of_op(exec->op);
    sum.x = nnz_exec_input(exec, NNZ_SUM_X);
    sum.residual = nnz_exec_input(exec, NNZ_SUM_RESIDUAL);
    return sum;
}

static bool is_rounded(const nnz_op *op) {
    return nnz_op_output(op, 0)->dtype == NNZ_INT8;
}

nnz_rounded_s8 nnz_rounded_of_op(const nnz_op *op) {
    return (nnz_rounded_s8){
        .stride = pixels_of(op) * (is_rounded(op) ? 4 : 1),
        .scale = nnz_float(op->params[NNZ_SUM_RY]),
        .zero = nnz_op_signed(op, NNZ_SUM_ZY),
    };
}

nnz_rounded_s8 nnz_rounded_of(const nnz_exec *exec) {
    nnz_rounded_s8 rounded = nnz_rounded_of_op(exec->op);
    if (is_rounded(exec->op))
        rounded.y = nnz_exec_output(exec, 0);
    else
        rounded.real = nnz_exec_output(exec, 0);
    return rounded;
}

nnz_sum_s8 nnz_sum_at(nnz_sum_s8 sum, size_t quantized, size_t channel) {
    sum.x += quantized;
    if (sum.residual)
        sum.residual += quantized;
    if (sum.bias)
        sum.bias += channel;
    return sum;
}

nnz_rounded_s8 nnz_rounded_at(nnz_rounded_s8 rounded, size_t quantized, size_t real) {
    if (rounded.y)
        rounded.y += quantized;
    else
        rounded.real += real;
    return rounded;
}
