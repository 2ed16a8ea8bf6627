/* qlayernorm: layer normalisation over the channels of each pixel of sums as qaffine makes them. */
#include "sums.h"
#include "window.h"

#include <math.h>

enum { GAMMA = NNZ_SUM_INPUTS, BETA, INPUTS };
enum { EPSILON = NNZ_SUM_PARAMS, PARAMS };
enum { TASK_PIXELS = NNZ_EXACT_SCRATCH };

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, PARAMS + nnz_op_is_exact(op, PARAMS), error)) ||
        (status = nnz_op_check_activation(op, false, error)) || (status = nnz_sum_check(op, error)))
        return status;
    const uint32_t channels = nnz_op_input(op, NNZ_SUM_X)->dims[1];
    if ((status = nnz_op_check_constant(op, GAMMA, NNZ_FLOAT32, channels, true, error)) ||
        (status = nnz_op_check_constant(op, BETA, NNZ_FLOAT32, channels, true, error)))
        return status;
    const float epsilon = nnz_float(op->params[EPSILON]);
    return epsilon >= 0 && !isinf(epsilon) ? NNZ_OK
                                           : nnz_op_fail(op, error, "its epsilon must be finite and not negative");
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    (void)memory;
    const bool exact = nnz_op_is_exact(op, PARAMS);
    const uint64_t channels = nnz_op_input(op, NNZ_SUM_X)->dims[1], line = exact ? NNZ_EXACT_SCRATCH : NNZ_LINE;
    needs->scratch = nnz_isa_is_small(config->isa) ? 0 : channels * line * sizeof(float);
    return nnz_op_kernel(op, config, exact ? NNZ_FAMILY_LAYERNORM_EXACT_S8 : NNZ_FAMILY_LAYERNORM_S8, &needs->kernel,
                         error);
}

typedef struct qlayernorm_run {
    const nnz_exec *exec;
    nnz_map map;
    uint32_t tiles;
    nnz_layernorm_s8 all;
} qlayernorm_run;

/* Task i: some pixels of an image. */
static void task(void *context, uint32_t i, uint32_t worker) {
    const qlayernorm_run *r = context;
    const size_t image = i / r->tiles, pixel = (size_t)(i % r->tiles) * TASK_PIXELS;
    const size_t quantized = image * r->all.x.stride * nnz_ceil_div(r->map.c, 4) + 4 * pixel;
    nnz_layernorm_s8 part = r->all;
    part.x = nnz_sum_at(part.x, quantized, 0);
    part.y = nnz_rounded_at(part.y, quantized, image * r->all.y.stride * r->map.c + pixel);
    part.pixels = nnz_min((size_t)r->map.h * r->map.w - pixel, TASK_PIXELS);
    part.scratch = nnz_isa_is_small(r->exec->config->isa) ? NULL : nnz_exec_scratch(r->exec, worker);
    ((nnz_layernorm_s8_fn)r->exec->kernel->function)(&part);
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    qlayernorm_run r = {.exec = exec};
    nnz_map_of(nnz_op_input(op, NNZ_SUM_X), &r.map);
    r.tiles = nnz_ceil_div(r.map.h * r.map.w, TASK_PIXELS);
    r.all = (nnz_layernorm_s8){
        .x = nnz_sum_of(exec),
        .y = nnz_rounded_of(exec),
        .channels = r.map.c,
        .gamma = nnz_exec_input(exec, GAMMA),
        .beta = nnz_exec_input(exec, BETA),
        .epsilon = nnz_float(op->params[EPSILON]),
    };
    nnz_exec_parallel(exec, task, &r, r.map.n * r.tiles);
}

/* All channels of a pixel are read before one of y is written. */
static bool in_place(const nnz_op *op, uint32_t i) {
    return nnz_op_output(op, 0)->dtype == NNZ_INT8 && (i == NNZ_SUM_X || i == NNZ_SUM_RESIDUAL);
}

const nnz_op_impl nnz_op_qlayernorm = {
    .kind = NNZ_OP_QLAYERNORM,
    .planes4 = true,
    .name = "qlayernorm",
    .check = check,
    .plan = plan,
    .run = run,
    .in_place = in_place,
};
