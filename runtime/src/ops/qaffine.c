/*
 * qaffine: what float32 does between two int8 products: x and a residual as real numbers, a bias for each channel, a
 * function. The result leaves as float32 or as int8.
 */
#include "quantized_runs.h"
#include "sums.h"

typedef struct qaffine_plan {
    uint32_t unary; /* position of the kernel of the function, or NNZ_NONE */
} qaffine_plan;

static nnz_status check(const nnz_op *op, nnz_error *error) {
    const bool exact = nnz_op_is_exact(op, NNZ_SUM_PARAMS);
    nnz_status status;
    if ((status = nnz_op_check_counts(op, NNZ_SUM_INPUTS, 1, NNZ_SUM_PARAMS + exact, error)) ||
        (status = nnz_op_check_activation(op, true, error)))
        return status;
    const int function = op->record->activation;
    if (exact && function != NNZ_ACT_NONE && function != NNZ_ACT_CLIP && function != NNZ_ACT_GELU)
        return nnz_op_fail(op, error, "its exact form has no activation but clip and gelu");
    return nnz_sum_check(op, error);
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)op, (void)config;
    return sizeof(qaffine_plan);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    qaffine_plan *p = memory;
    p->unary = NNZ_NONE;
    if (nnz_op_is_exact(op, NNZ_SUM_PARAMS))
        return nnz_op_kernel(op, config, NNZ_FAMILY_AFFINE_EXACT_S8, &needs->kernel, error);
    const nnz_status status = nnz_op_kernel(op, config, NNZ_FAMILY_AFFINE_S8, &needs->kernel, error);
    return status ? status : nnz_activate_plan(op, config, &p->unary, error);
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
        part.x = nnz_sum_at(part.x, run.quantized, run.channel);
        part.y = nnz_rounded_at(part.y, run.quantized, run.real);
        part.channels = run.channels;
        part.pixels = run.pixels;
        r->affine(&part);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const qaffine_plan *p = exec->plan;
    qaffine_run r = {
        .affine = (nnz_affine_s8_fn)exec->kernel->function,
        .runs = nnz_quantized_runs_of(nnz_op_input(op, NNZ_SUM_X)),
        .all = {.x = nnz_sum_of(exec),
                .y = nnz_rounded_of(exec),
                .function = op->record->activation,
                .act = {op->record->act[0], op->record->act[1]},
                .unary = nnz_activate_function(op, p->unary)},
    };
    nnz_exec_parallel(exec, task, &r, r.runs.parts);
}

/* Each byte of x and of the residual is read before that of y is written. */
static bool in_place(const nnz_op *op, uint32_t i) {
    return nnz_op_output(op, 0)->dtype == NNZ_INT8 && i != NNZ_SUM_BIAS;
}

const nnz_op_impl nnz_op_qaffine = {
    .kind = NNZ_OP_QAFFINE,
    .planes4 = true,
    .name = "qaffine",
    .check = check,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .in_place = in_place,
};
