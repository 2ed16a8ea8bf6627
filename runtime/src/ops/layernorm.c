/* layernorm: along one axis of any tensor. */
#include "along.h"

#include <math.h>

enum { X, GAMMA, BETA, INPUTS };
enum { AXIS, EPSILON, PARAMS };

typedef struct layernorm_plan {
    nnz_layernorm_f32_fn layernorm;
    nnz_along along;
    float epsilon;
} layernorm_plan;

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error)) || (status = nnz_op_check_float(op, X, error)) ||
        (status = nnz_op_check_float_output(op, error)) || (status = nnz_op_check_activation(op, false, error)))
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, X);
    if (!nnz_same_dims(x, nnz_op_output(op, 0)))
        return nnz_op_fail(op, error, "input and output must have the same dims");
    if (op->params[AXIS] >= x->rank)
        return nnz_op_fail(op, error, "its axis must be below the rank");
    const float epsilon = nnz_float(op->params[EPSILON]);
    if (!(epsilon >= 0) || isinf(epsilon))
        return nnz_op_fail(op, error, "its epsilon must be finite and not negative");
    const size_t n = x->dims[op->params[AXIS]];
    status = nnz_op_check_constant(op, GAMMA, NNZ_FLOAT32, n, true, error);
    return status ? status : nnz_op_check_constant(op, BETA, NNZ_FLOAT32, n, true, error);
}

static size_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)op, (void)config;
    return sizeof(layernorm_plan);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    layernorm_plan *p = memory;
    const nnz_kernel *kernel;
    nnz_status status = nnz_op_kernel(op, config, NNZ_FAMILY_LAYERNORM_F32, &kernel, error);
    if (status)
        return status;
    *p = (layernorm_plan){
        .layernorm = (nnz_layernorm_f32_fn)kernel->function,
        .along = nnz_along_axis(nnz_op_input(op, X), op->params[AXIS]),
        .epsilon = nnz_float(op->params[EPSILON]),
    };
    needs->kernel = kernel->name;
    return NNZ_OK;
}

static void run_neighbours(const void *context, size_t offset, size_t count) {
    const nnz_exec *exec = context;
    const layernorm_plan *p = exec->plan;
    nnz_layernorm_f32 a = {
        .x = (const float *)nnz_exec_input(exec, X) + offset,
        .y = (float *)nnz_exec_output(exec, 0) + offset,
        .n = p->along.n,
        .stride = p->along.inner,
        .count = count,
        .gamma = nnz_exec_input(exec, GAMMA),
        .beta = nnz_exec_input(exec, BETA),
        .epsilon = p->epsilon,
    };
    p->layernorm(&a);
}

static void run(const nnz_exec *exec) {
    const layernorm_plan *p = exec->plan;
    nnz_along_run(exec, &p->along, run_neighbours, exec);
}

static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op;
    return i == X;
}

const nnz_op_impl nnz_op_layernorm = {
    .kind = NNZ_OP_LAYERNORM,
    .name = "layernorm",
    .check = check,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .in_place = in_place,
};
