/* layernorm: along one axis of any tensor. */
#include "along.h"

#include <math.h>

enum { X, GAMMA, BETA, INPUTS };
enum { AXIS, EPSILON, PARAMS };

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

typedef struct layernorm_work {
    nnz_layernorm_f32_fn layernorm;
    nnz_layernorm_f32 all;
} layernorm_work;

static void run_neighbours(const void *context, size_t offset, size_t count) {
    const layernorm_work *w = context;
    nnz_layernorm_f32 part = w->all;
    part.x += offset;
    part.y += offset;
    part.count = count;
    w->layernorm(&part);
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const nnz_along along = nnz_along_axis(nnz_op_input(op, X), op->params[AXIS]);
    const layernorm_work work = {
        .layernorm = (nnz_layernorm_f32_fn)exec->kernel->function,
        .all = {.x = nnz_exec_input(exec, X),
                .y = nnz_exec_output(exec, 0),
                .n = along.n,
                .stride = along.inner,
                .gamma = nnz_exec_input(exec, GAMMA),
                .beta = nnz_exec_input(exec, BETA),
                .epsilon = nnz_float(op->params[EPSILON])},
    };
    nnz_along_run(exec, &along, run_neighbours, &work);
}

static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op;
    return i == X;
}

const nnz_op_impl nnz_op_layernorm = {
    .kind = NNZ_OP_LAYERNORM,
    .name = "layernorm",
    .check = check,
    .family = NNZ_FAMILY_LAYERNORM_F32,
    .run = run,
    .in_place = in_place,
};
