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

nnz_status nnz_activation_plan(const nnz_op *op, const nnz_config *config, uint32_t slope, uint32_t *id,
                               nnz_error *error) {
    const uint8_t function = op->record->activation;
    const nnz_kernel *kernel = NULL;
    nnz_status status = NNZ_OK;
    if (nnz_op_input(op, slope))
        status = nnz_op_kernel(op, config, NNZ_FAMILY_BINARY_F32, &kernel, error);
    else if (function != NNZ_ACT_NONE && function != NNZ_ACT_CLIP)
        status = nnz_op_kernel(op, config, NNZ_FAMILY_UNARY_F32, &kernel, error);
    *id = nnz_kernel_id(op, kernel);
    return status;
}

nnz_activation nnz_activation_of(const nnz_op *op, uint32_t slope, uint32_t id) {
    const nnz_op_record *r = op->record;
    const nnz_kernel *kernel = nnz_kernel_at(op, id);
    nnz_activation a = {.lo = -INFINITY, .hi = INFINITY, .slope = nnz_op_constant(op, op->inputs[slope])};
    if (r->activation == NNZ_ACT_CLIP) {
        a.lo = r->act[0];
        a.hi = r->act[1];
    } else if (a.slope) {
        a.binary = (nnz_binary_f32_fn)kernel->function;
    } else if (kernel) {
        a.function = r->activation;
        a.act[0] = r->act[0];
        a.act[1] = r->act[1];
        a.unary = (nnz_unary_f32_fn)kernel->function;
    }
    return a;
}

void nnz_activation_run(const nnz_activation *a, uint32_t row, float *y, size_t n) {
    if (a->slope)
        a->binary(NNZ_BINARY_PRELU, y, 1, a->slope + row, 0, y, n);
    else if (a->function)
        a->unary(a->function, a->act, y, y, n);
}

void nnz_activation_rows(const nnz_activation *a, uint32_t row, uint32_t rows, float *y, size_t stride, size_t n) {
    const bool has_work = a->slope || a->function;
    for (uint32_t i = 0; has_work && i < rows; i++)
        nnz_activation_run(a, row + i, y + i * stride, n);
}
