/* softmax: along one axis of any tensor. */
#include "along.h"

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, 1, 1, 1, error)) || (status = nnz_op_check_float(op, 0, error)) ||
        (status = nnz_op_check_float_output(op, error)) || (status = nnz_op_check_activation(op, false, error)))
        return status;
    if (!nnz_same_dims(nnz_op_input(op, 0), nnz_op_output(op, 0)))
        return nnz_op_fail(op, error, "input and output must have the same dims");
    if (op->params[0] >= nnz_op_input(op, 0)->rank)
        return nnz_op_fail(op, error, "its axis must be below the rank");
    return NNZ_OK;
}

typedef struct softmax_work {
    nnz_softmax_f32_fn softmax;
    nnz_along along;
    const float *x;
    float *y;
} softmax_work;

static void run_neighbours(const void *context, size_t offset, size_t count) {
    const softmax_work *w = context;
    const size_t apart = w->along.inner;
    w->softmax(w->x + offset, apart, w->y + offset, apart, w->along.n, count);
}

static void run(const nnz_exec *exec) {
    softmax_work work = {
        .softmax = (nnz_softmax_f32_fn)exec->kernel->function,
        .along = nnz_along_axis(nnz_op_input(exec->op, 0), exec->op->params[0]),
        .x = nnz_exec_input(exec, 0),
        .y = nnz_exec_output(exec, 0),
    };
    nnz_along_run(exec, &work.along, run_neighbours, &work);
}

static bool rows(const nnz_op *op, nnz_rows *rows) {
    const nnz_along along = nnz_along_axis(nnz_op_input(op, 0), op->params[0]);
    *rows = nnz_matrix_rows(along.outer, along.n, along.n, along.inner);
    return along.inner % NNZ_LINE == 0;
}

static void run_band(const nnz_exec *exec, const nnz_band *band) {
    const nnz_along along = nnz_along_axis(nnz_op_input(exec->op, 0), exec->op->params[0]);
    const size_t first = (size_t)band->begin * NNZ_LINE, count = (size_t)(band->end - band->begin) * NNZ_LINE;
    const float *x = (const float *)(const void *)band->x.row0 + first;
    float *y = (float *)(void *)band->y.row0 + first;
    ((nnz_softmax_f32_fn)exec->kernel->function)(x, band->x.stride / sizeof *x, y, band->y.stride / sizeof *y, along.n,
                                                 count);
}

static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op, (void)i;
    return true;
}

const nnz_op_impl nnz_op_softmax = {
    .kind = NNZ_OP_SOFTMAX,
    .name = "softmax",
    .check = check,
    .family = NNZ_FAMILY_SOFTMAX_F32,
    .run = run,
    .rows = NNZ_ONLY_SMALL ? NULL : rows,
    .run_band = NNZ_ONLY_SMALL ? NULL : run_band,
    .in_place = in_place,
};
