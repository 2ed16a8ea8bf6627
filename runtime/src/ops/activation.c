#include "activation.h"

#include "work.h"

#include <math.h>

nnz_status nnz_activation_check(const nnz_op *op, uint32_t slope, size_t rows, nnz_error *error) {
    nnz_status status = nnz_op_check_activation(op, true, error);
    if (!status)
        status = nnz_op_check_constant(op, slope, NNZ_FLOAT32, rows, true, error);
    if (!status && nnz_op_input(op, slope) && op->record->activation != NNZ_ACT_NONE)
        status = nnz_op_fail(op, error, "a slope and an activation exclude each other");
    return status;
}

nnz_status nnz_residual_check(const nnz_op *op, uint32_t residual, nnz_error *error) {
    const nnz_tensor_record *t = nnz_op_input(op, residual);
    if (t && (t->dtype != NNZ_FLOAT32 || nnz_tensor_elements(t) != nnz_tensor_elements(nnz_op_output(op, 0))))
        return nnz_op_fail(op, error, "the residual has not the size of y");
    return NNZ_OK;
}

nnz_status nnz_activation_plan(const nnz_op *op, const nnz_config *config, uint32_t slope, nnz_activation *a,
                               nnz_error *error) {
    const nnz_op_record *r = op->record;
    const nnz_kernel *unary = NULL, *binary = NULL;
    nnz_status status = NNZ_OK;
    *a = (nnz_activation){.lo = -INFINITY, .hi = INFINITY, .act = {r->act[0], r->act[1]}};
    if (r->activation == NNZ_ACT_CLIP) {
        a->lo = r->act[0];
        a->hi = r->act[1];
    } else if (r->activation != NNZ_ACT_NONE) {
        a->function = r->activation;
        status = nnz_op_kernel(op, config, NNZ_FAMILY_UNARY_F32, &unary, error);
    }
    if (!status && nnz_op_input(op, slope)) {
        a->slope = nnz_op_constant(op, op->inputs[slope]);
        status = nnz_op_kernel(op, config, NNZ_FAMILY_BINARY_F32, &binary, error);
    }
    a->unary = unary ? (nnz_unary_f32_fn)unary->function : NULL;
    a->binary = binary ? (nnz_binary_f32_fn)binary->function : NULL;
    return status;
}

void nnz_activation_run(const nnz_activation *a, uint32_t row, float *y, size_t n) {
    if (a->slope)
        a->binary(NNZ_BINARY_PRELU, y, 1, a->slope + row, 0, y, n);
    else if (a->function)
        a->unary(a->function, a->act, y, y, n);
}
