/* softmax: along one axis of any tensor. */
#include "along.h"

typedef struct softmax_plan {
    nnz_softmax_f32_fn softmax;
    nnz_along along;
} softmax_plan;

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

static size_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)op, (void)config;
    return sizeof(softmax_plan);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    softmax_plan *p = memory;
    const nnz_kernel *kernel;
    nnz_status status = nnz_op_kernel(op, config, NNZ_FAMILY_SOFTMAX_F32, &kernel, error);
    if (status)
        return status;
    *p = (softmax_plan){(nnz_softmax_f32_fn)kernel->function, nnz_along_axis(nnz_op_input(op, 0), op->params[0])};
    needs->kernel = kernel->name;
    return NNZ_OK;
}

typedef struct softmax_work {
    const softmax_plan *plan;
    const float *x;
    float *y;
} softmax_work;

static void run_neighbours(const void *context, size_t offset, size_t count) {
    const softmax_work *w = context;
    w->plan->softmax(w->x + offset, w->y + offset, w->plan->along.n, w->plan->along.inner, count);
}

static void run(const nnz_exec *exec) {
    const softmax_plan *p = exec->plan;
    softmax_work work = {p, nnz_exec_input(exec, 0), nnz_exec_output(exec, 0)};
    nnz_along_run(exec, &p->along, run_neighbours, &work);
}

static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op, (void)i;
    return true;
}

const nnz_op_impl nnz_op_softmax = {
    .kind = NNZ_OP_SOFTMAX,
    .name = "softmax",
    .check = check,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .in_place = in_place,
};
