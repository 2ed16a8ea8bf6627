#include "conv_shape.h"

#include "activation.h"

nnz_status nnz_conv_shape_of(const nnz_op *op, nnz_conv_shape *s, nnz_error *error) {
    if (!nnz_map_of(nnz_op_input(op, NNZ_CONV_X), &s->in) || !nnz_map_of(nnz_op_output(op, 0), &s->out) ||
        nnz_op_input(op, NNZ_CONV_X)->rank != nnz_op_output(op, 0)->rank)
        return nnz_op_fail(op, error, "x and y must both be of rank 2, 3 or 4");
    if (!nnz_window_of(op->params + NNZ_CONV_WINDOW, &s->window))
        return nnz_op_fail(op, error, "a kernel size, stride, dilation or padding is out of range");
    s->matrix = nnz_op_matrix(op, op->params[NNZ_CONV_MATRIX]);
    return NNZ_OK;
}

nnz_status nnz_conv_check(const nnz_op *op, nnz_error *error) {
    nnz_status status = nnz_op_check_counts(op, NNZ_CONV_INPUTS, 1, NNZ_CONV_PARAMS, error);
    if (!status)
        status = nnz_op_check_float(op, NNZ_CONV_X, error);
    if (!status)
        status = nnz_op_check_matrix(op, op->params[NNZ_CONV_MATRIX], error);
    nnz_conv_shape s;
    if (!status)
        status = nnz_conv_shape_of(op, &s, error);
    if (status)
        return status;

    const nnz_window *w = &s.window;
    if (s.matrix->encoding > NNZ_RB4 || s.matrix->dtype == NNZ_INT8)
        return nnz_op_fail(op, error, "its matrix must be dense, u1 or rb4, and not int8");
    if ((uint64_t)s.in.c * w->kernel_h * w->kernel_w != s.matrix->cols || s.out.c != s.matrix->rows ||
        nnz_op_output(op, 0)->dtype != NNZ_FLOAT32)
        return nnz_op_fail(op, error, "its matrix does not fit x and y");
    status = nnz_window_check(op, w, &s.in, &s.out, error);
    if (status)
        return status;
    status = nnz_residual_check(op, NNZ_CONV_RESIDUAL, error);
    if (!status)
        status = nnz_op_check_constant(op, NNZ_CONV_BIAS, NNZ_FLOAT32, s.matrix->rows, true, error);
    return status ? status : nnz_activation_check(op, NNZ_CONV_SLOPE, s.matrix->rows, error);
}
