/* softmax: along one axis of any tensor, seen as [outer][n][inner]. */
#include "work.h"

typedef struct softmax_plan {
    nnz_softmax_f32_fn softmax;
    size_t outer, n, inner;
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
    const nnz_tensor_record *x = nnz_op_input(op, 0);
    const nnz_kernel *kernel;
    nnz_status status = nnz_op_kernel(op, config, NNZ_FAMILY_SOFTMAX_F32, &kernel, error);
    if (status)
        return status;
    *p = (softmax_plan){(nnz_softmax_f32_fn)kernel->function, 1, x->dims[op->params[0]], 1};
    for (uint32_t i = 0; i < op->params[0]; i++)
        p->outer *= x->dims[i];
    for (uint32_t i = op->params[0] + 1; i < x->rank; i++)
        p->inner *= x->dims[i];
    needs->kernel = kernel->name;
    return NNZ_OK;
}

typedef struct softmax_work {
    const softmax_plan *plan;
    const float *x;
    float *y;
    size_t items;
    uint32_t parts;
} softmax_work;

/* Items are lines of neighbours: every outer index has the same number of them. */
static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const softmax_work *w = context;
    const softmax_plan *p = w->plan;
    const size_t lines = nnz_lines(p->inner), end = nnz_part(w->items, w->parts, i + 1);
    for (size_t at = nnz_part(w->items, w->parts, i), next; at < end; at = next) {
        const size_t line = at % lines, first = line * NNZ_LINE;
        next = nnz_min(at - line + lines, end);
        const size_t count = nnz_min((next - at) * NNZ_LINE, p->inner - first);
        const size_t offset = at / lines * p->n * p->inner + first;
        p->softmax(w->x + offset, w->y + offset, p->n, p->inner, count);
    }
}

static void run(const nnz_exec *exec) {
    const softmax_plan *p = exec->plan;
    const size_t lines = nnz_lines(p->inner), items = p->outer * lines;
    const uint32_t parts = nnz_parts(items, p->n * nnz_min(p->inner, NNZ_LINE));
    softmax_work work = {p, nnz_exec_input(exec, 0), nnz_exec_output(exec, 0), items, parts};
    nnz_exec_parallel(exec, run_part, &work, parts);
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
