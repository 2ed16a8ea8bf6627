/* dequantize: from int8 to float32. */
#include "quantized_runs.h"

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, 1, 1, NNZ_QUANTIZED_PARAMS, error)) ||
        (status = nnz_op_check_activation(op, false, error)))
        return status;
    return nnz_quantized_check(op, nnz_op_output(op, 0), nnz_op_input(op, 0), error);
}

typedef struct dequantize_work {
    nnz_dequantize_s8_f32_fn dequantize;
    nnz_dequantize_s8_f32 all;
    nnz_quantized_runs runs;
} dequantize_work;

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const dequantize_work *w = context;
    const size_t end = nnz_part(w->runs.runs, w->runs.parts, i + 1);
    for (size_t at = nnz_part(w->runs.runs, w->runs.parts, i); at < end; at++) {
        const nnz_quantized_run run = nnz_quantized_run_at(&w->runs, at);
        nnz_dequantize_s8_f32 part = w->all;
        part.x += run.quantized;
        part.y += run.real;
        part.pixels = run.pixels;
        part.channels = run.channels;
        w->dequantize(&part);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const nnz_quantized_runs runs = nnz_quantized_runs_of(nnz_op_input(op, 0));
    dequantize_work work = {
        .dequantize = (nnz_dequantize_s8_f32_fn)exec->kernel->function,
        .all = {.x = nnz_exec_input(exec, 0),
                .y = nnz_exec_output(exec, 0),
                .y_stride = runs.pixels,
                .plain = runs.plain,
                .scale = nnz_quantized_scale(op),
                .zero = nnz_op_signed(op, NNZ_QUANTIZED_ZERO)},
        .runs = runs,
    };
    nnz_exec_parallel(exec, run_part, &work, runs.parts);
}

const nnz_op_impl nnz_op_dequantize = {
    .kind = NNZ_OP_DEQUANTIZE,
    .planes4 = true,
    .name = "dequantize",
    .check = check,
    .family = NNZ_FAMILY_DEQUANTIZE_S8_F32,
    .run = run,
};
