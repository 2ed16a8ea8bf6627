/* quantize: from float32 to int8. */
#include "quantized_runs.h"

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status =
             nnz_op_check_counts(op, 1, 1, NNZ_QUANTIZED_PARAMS + nnz_op_is_exact(op, NNZ_QUANTIZED_PARAMS), error)) ||
        (status = nnz_op_check_activation(op, false, error)))
        return status;
    return nnz_quantized_check(op, nnz_op_input(op, 0), nnz_op_output(op, 0), error);
}

typedef struct quantize_work {
    nnz_quantize_f32_s8_fn quantize;
    nnz_quantize_f32_s8 all;
    nnz_quantized_runs runs;
} quantize_work;

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const quantize_work *w = context;
    const size_t end = nnz_part(w->runs.runs, w->runs.parts, i + 1);
    for (size_t at = nnz_part(w->runs.runs, w->runs.parts, i); at < end; at++) {
        const nnz_quantized_run run = nnz_quantized_run_at(&w->runs, at);
        nnz_quantize_f32_s8 part = w->all;
        part.x += run.real;
        part.y += run.quantized;
        part.pixels = run.pixels;
        part.channels = run.channels;
        w->quantize(&part);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const nnz_quantized_runs runs = nnz_quantized_runs_of(nnz_op_output(op, 0));
    quantize_work work = {
        .quantize = (nnz_quantize_f32_s8_fn)exec->kernel->function,
        .all = {.x = nnz_exec_input(exec, 0),
                .y = nnz_exec_output(exec, 0),
                .x_stride = runs.pixels,
                .plain = runs.plain,
                .scale = nnz_quantized_scale(op),
                .zero = nnz_op_signed(op, NNZ_QUANTIZED_ZERO),
                .divides = nnz_op_is_exact(op, NNZ_QUANTIZED_PARAMS)},
        .runs = runs,
    };
    nnz_exec_parallel(exec, run_part, &work, runs.parts);
}

const nnz_op_impl nnz_op_quantize = {
    .kind = NNZ_OP_QUANTIZE,
    .planes4 = true,
    .user_memory = true,
    .name = "quantize",
    .check = check,
    .family = NNZ_FAMILY_QUANTIZE_F32_S8,
    .run = run,
};
