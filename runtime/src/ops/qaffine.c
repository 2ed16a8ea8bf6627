/*
 * qaffine: what float32 does between two int8 products: x and a residual as real numbers, a bias for each channel, a
 * function. A run of pixels goes through all steps while it is in the cache, and leaves as float32 or as int8.
 */
#include "quantized_runs.h"

#include <math.h>

enum { X, BIAS, RESIDUAL, INPUTS };
enum { SX, ZX, SR, ZR, RY, ZY, PARAMS };

typedef struct qaffine_plan {
    uint32_t unary, quantize; /* positions of kernels, or NNZ_NONE */
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
    qaffine_plan *p = memory;
    const nnz_kernel *quantize = NULL;
    nnz_status status = nnz_activate_plan(op, config, &p->unary, error);
    if (!status && nnz_op_output(op, 0)->dtype == NNZ_INT8) {
        const nnz_quantized_runs runs = nnz_quantized_runs_of(nnz_op_input(op, X));
        needs->scratch = nnz_quantized_run_at(&runs, 0).pixels * 4 * sizeof(float);
        status = nnz_op_kernel(op, config, NNZ_FAMILY_QUANTIZE_F32_S8, &quantize, error);
    }
    p->quantize = nnz_kernel_id(op, quantize);
    return status;
}

typedef struct qaffine_run {
    const nnz_exec *exec;
    nnz_dequantize_s8_f32_fn dequantize;
    nnz_unary_f32_fn unary;
    nnz_quantize_f32_s8_fn quantize; /* NULL: y is float32 */
    nnz_quantized_runs runs;
    nnz_dequantize_s8_f32 x, residual;
    nnz_quantize_f32_s8 y;
    const float *bias;
} qaffine_run;

/* All steps over one run. `real`: where its float32 values are, channels at distances of `stride`. */
static void run_once(const qaffine_run *r, const nnz_quantized_run *run, float *real, size_t stride) {
    nnz_dequantize_s8_f32 part = r->x;
    part.x += run->quantized;
    part.y = real;
    part.y_stride = stride;
    part.pixels = run->pixels;
    part.channels = run->channels;
    part.bias = r->bias ? r->bias + run->channel : NULL;
    r->dequantize(&part);
    if (r->residual.x) {
        part.x = r->residual.x + run->quantized;
        part.scale = r->residual.scale;
        part.zero = r->residual.zero;
        part.bias = NULL;
        part.add = true;
        r->dequantize(&part);
    }
    const uint32_t apart = stride == run->pixels ? 1 : run->channels; /* runs that the function has to walk */
    for (uint32_t c = 0; c < apart; c++)
        nnz_activate(r->exec->op, r->unary, real + c * stride, run->channels / apart * run->pixels);
    if (r->quantize) {
        nnz_quantize_f32_s8 last = r->y;
        last.x = real;
        last.y += run->quantized;
        last.x_stride = stride;
        last.pixels = run->pixels;
        last.channels = run->channels;
        r->quantize(&last);
    }
}

static void task(void *context, uint32_t i, uint32_t worker) {
    const qaffine_run *r = context;
    const size_t end = nnz_part(r->runs.runs, r->runs.parts, i + 1);
    for (size_t at = nnz_part(r->runs.runs, r->runs.parts, i); at < end; at++) {
        const nnz_quantized_run run = nnz_quantized_run_at(&r->runs, at);
        if (r->quantize)
            run_once(r, &run, nnz_exec_scratch(r->exec, worker), run.pixels);
        else
            run_once(r, &run, (float *)nnz_exec_output(r->exec, 0) + run.real, r->runs.pixels);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const qaffine_plan *p = exec->plan;
    const nnz_kernel *quantize = nnz_kernel_at(op, p->quantize);
    qaffine_run r = {
        .exec = exec,
        .dequantize = (nnz_dequantize_s8_f32_fn)exec->kernel->function,
        .unary = nnz_activate_function(op, p->unary),
        .quantize = quantize ? (nnz_quantize_f32_s8_fn)quantize->function : NULL,
        .runs = nnz_quantized_runs_of(nnz_op_input(op, X)),
        .x = {.x = nnz_exec_input(exec, X), .scale = nnz_float(op->params[SX]), .zero = nnz_op_signed(op, ZX)},
        .residual = {.x = nnz_exec_input(exec, RESIDUAL),
                     .scale = nnz_float(op->params[SR]),
                     .zero = nnz_op_signed(op, ZR)},
        .bias = nnz_exec_input(exec, BIAS),
    };
    if (quantize)
        r.y = (nnz_quantize_f32_s8){
            .y = nnz_exec_output(exec, 0), .scale = nnz_float(op->params[RY]), .zero = nnz_op_signed(op, ZY)};
    nnz_exec_parallel(exec, task, &r, r.runs.parts);
}

/* A run of x and of the residual is read before y's is written. */
static bool in_place(const nnz_op *op, uint32_t i) {
    return nnz_op_output(op, 0)->dtype == NNZ_INT8 && i != BIAS;
}

const nnz_op_impl nnz_op_qaffine = {
    .kind = NNZ_OP_QAFFINE,
    .planes4 = true,
    .name = "qaffine",
    .check = check,
    .family = NNZ_FAMILY_DEQUANTIZE_S8_F32,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .in_place = in_place,
};
