/*
 * qaffine: what float32 does between two int8 products: x and a residual as real numbers, a bias for each channel, a
 * function. The result leaves as float32 or as int8.
 */
#include "quantized_runs.h"

#include <math.h>

enum { X, BIAS, RESIDUAL, INPUTS };
enum { SX, ZX, SR, ZR, RY, ZY, PARAMS };

typedef struct qaffine_plan {
    uint32_t unary; /* position of the kernel of the function, or NNZ_NONE */
} qaffine_plan;

/* The parameters from `scale` on are a scale and a zero point, both 0 where there is nothing that they belong to. */
static nnz_status check_scale(const nnz_op *op, uint32_t scale, bool present, nnz_error *error) {
    const float value = nnz_float(op->params[scale]);
    if (present ? !(value > 0 && value < INFINITY) : op->params[scale] || op->params[scale + 1])
        return nnz_op_fail(op, error, "its scales must be finite and above 0, or 0 with a zero point of 0 if unused");
    return nnz_op_check_zero_point(op, scale + 1, error);
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error)) ||
        (status = nnz_op_check_activation(op, true, error)))
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, X), *residual = nnz_op_input(op, RESIDUAL);
    const nnz_tensor_record *y = nnz_op_output(op, 0);
    if (!x || x->layout != NNZ_LAYOUT_PLANES4)
        return nnz_op_fail(op, error, "x must be int8 in layout planes4");
    if (residual && (residual->layout != NNZ_LAYOUT_PLANES4 || !nnz_same_dims(x, residual)))
        return nnz_op_fail(op, error, "the residual must be int8 in layout planes4, of the dims of x");
    if (!nnz_same_dims(x, y) || (y->layout != NNZ_LAYOUT_PLANES4 && y->dtype != NNZ_FLOAT32))
        return nnz_op_fail(op, error, "y must be float32, or int8 in layout planes4, of the dims of x");
    if ((status = nnz_op_check_constant(op, BIAS, NNZ_FLOAT32, x->dims[1], true, error)) ||
        (status = check_scale(op, SX, true, error)) || (status = check_scale(op, SR, residual, error)))
        return status;
    return check_scale(op, RY, y->dtype == NNZ_INT8, error);
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)op, (void)config;
    return sizeof(qaffine_plan);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    (void)needs;
    return nnz_activate_plan(op, config, &((qaffine_plan *)memory)->unary, error);
}

typedef struct qaffine_run {
    nnz_affine_s8_fn affine;
    nnz_quantized_runs runs;
    nnz_affine_s8 all;
} qaffine_run;

/* Some runs: all planes of an image that are among them at once. */
static void task(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const qaffine_run *r = context;
    const size_t end = nnz_part(r->runs.runs, r->runs.parts, i + 1);
    for (size_t at = nnz_part(r->runs.runs, r->runs.parts, i), next; at < end; at = next) {
        const nnz_quantized_run run = nnz_quantized_planes_at(&r->runs, at, end, &next);
        nnz_affine_s8 part = r->all;
        part.x.x += run.quantized;
        if (part.x.residual)
            part.x.residual += run.quantized;
        if (part.x.bias)
            part.x.bias += run.channel;
        if (part.y.y)
            part.y.y += run.quantized;
        else
            part.y.real += run.real;
        part.channels = run.channels;
        part.pixels = run.pixels;
        r->affine(&part);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const qaffine_plan *p = exec->plan;
    const bool quantized = nnz_op_output(op, 0)->dtype == NNZ_INT8;
    qaffine_run r = {
        .affine = (nnz_affine_s8_fn)exec->kernel->function,
        .runs = nnz_quantized_runs_of(nnz_op_input(op, X)),
        .all = {.x = {.x = nnz_exec_input(exec, X),
                      .residual = nnz_exec_input(exec, RESIDUAL),
                      .bias = nnz_exec_input(exec, BIAS),
                      .scale = nnz_float(op->params[SX]),
                      .zero = nnz_op_signed(op, ZX),
                      .residual_scale = nnz_float(op->params[SR]),
                      .residual_zero = nnz_op_signed(op, ZR)},
                .y = {.y = quantized ? nnz_exec_output(exec, 0) : NULL,
                      .real = quantized ? NULL : nnz_exec_output(exec, 0),
                      .scale = nnz_float(op->params[RY]),
                      .zero = nnz_op_signed(op, ZY)},
                .function = op->record->activation,
                .act = {op->record->act[0], op->record->act[1]},
                .unary = nnz_activate_function(op, p->unary)},
    };
    r.all.x.stride = 4 * r.runs.pixels;
    r.all.y.stride = quantized ? 4 * r.runs.pixels : r.runs.pixels;
    nnz_exec_parallel(exec, task, &r, r.runs.parts);
}

/* Each byte of x and of the residual is read before that of y is written. */
static bool in_place(const nnz_op *op, uint32_t i) {
    return nnz_op_output(op, 0)->dtype == NNZ_INT8 && i != BIAS;
}

const nnz_op_impl nnz_op_qaffine = {
    .kind = NNZ_OP_QAFFINE,
    .planes4 = true,
    .name = "qaffine",
    .check = check,
    .family = NNZ_FAMILY_AFFINE_S8,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .in_place = in_place,
};
