/*
 * qaffine: what float32 does between two int8 products: x and a residual as real numbers, a bias for each channel, a
 * function. The result leaves as float32 or as int8. From bytes to bytes a function of one tensor is a table for each
 * channel, made by its kernel when the plan is; and a bias alone is some steps, where the scales are nearly the same.
 */
#include "affine_tables.h"
#include "quantized_runs.h"
#include "sums.h"

typedef struct qaffine_plan {
    uint32_t unary; /* position of the kernel of the function, or NNZ_NONE */
    uint32_t form;  /* tables or steps follow */
    uint32_t steps; /* of each channel */
} qaffine_plan;

enum { COMPUTED, LOOKED_UP, STEPPED };

enum { PIXELS_OF_TABLES = 64 }; /* fewer take longer to look up, in tables that come from behind L2, than to compute */

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

/* The form that it may have. */
static uint32_t form_of(const nnz_op *op, const nnz_config *config) {
    const nnz_tensor_record *x = nnz_op_input(op, NNZ_SUM_X);
    const int function = op->record->activation;
    if (nnz_isa_is_small(config->isa) || nnz_op_input(op, NNZ_SUM_RESIDUAL) || nnz_op_output(op, 0)->dtype != NNZ_INT8)
        return COMPUTED;
    if (function == NNZ_ACT_NONE) { /* in C steps take longer than other vectors */
        const nnz_kernel *steps = nnz_find_kernel(op, config, NNZ_FAMILY_STEPS_S8);
        return steps && steps->isa != NNZ_ISA_SCALAR ? STEPPED : COMPUTED;
    }
    return function != NNZ_ACT_CLIP && nnz_tensor_elements(x) / x->dims[1] >= PIXELS_OF_TABLES ? LOOKED_UP : COMPUTED;
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    const uint32_t channels = nnz_op_input(op, NNZ_SUM_X)->dims[1];
    const uint32_t form = form_of(op, config);
    return sizeof(qaffine_plan) + (form == LOOKED_UP ? nnz_affine_tables_bytes(channels)
                                   : form == STEPPED ? nnz_ceil_div(channels, 4) * (uint64_t)sizeof(nnz_plane_steps)
                                                     : 0);
}

/* But for the tensors that change. */
static nnz_affine_s8 affine_of(const nnz_op *op, const qaffine_plan *p) {
    return (nnz_affine_s8){
        .x = nnz_sum_of_op(op),
        .y = nnz_rounded_of_op(op),
        .channels = nnz_op_input(op, NNZ_SUM_X)->dims[1],
        .function = op->record->activation,
        .act = {op->record->act[0], op->record->act[1]},
        .unary = nnz_activate_function(op, p->unary),
    };
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    const bool exact = nnz_op_is_exact(op, NNZ_SUM_PARAMS);
    qaffine_plan *p = memory;
    *p = (qaffine_plan){.unary = NNZ_NONE, .form = form_of(op, config)};
    nnz_status status =
        nnz_op_kernel(op, config, exact ? NNZ_FAMILY_AFFINE_EXACT_S8 : NNZ_FAMILY_AFFINE_S8, &needs->kernel, error);
    if (!status && !exact)
        status = nnz_activate_plan(op, config, &p->unary, error);
    if (status || p->form == COMPUTED)
        return status;
    const nnz_affine_s8_fn affine = (nnz_affine_s8_fn)needs->kernel->function;
    if (p->form == LOOKED_UP) {
        nnz_affine_tables_fill(affine_of(op, p), affine, (int8_t *)(p + 1));
        return nnz_op_kernel(op, config, NNZ_FAMILY_LUT_PLANES_S8, &needs->kernel, error);
    }
    p->steps = nnz_affine_steps_fill(affine_of(op, p), affine, (nnz_plane_steps *)(p + 1));
    if (p->steps <= NNZ_STEPS_MAX)
        return nnz_op_kernel(op, config, NNZ_FAMILY_STEPS_S8, &needs->kernel, error);
    p->form = COMPUTED;
    return NNZ_OK;
}

typedef struct qaffine_run {
    const qaffine_plan *plan;
    void (*function)(void); /* of the kernel: of the plan's form */
    nnz_quantized_runs runs;
    nnz_affine_s8 all;
} qaffine_run;

static void look_up(const qaffine_run *r, const nnz_quantized_run *run) {
    const nnz_lut_planes_s8 part = {
        .tables = (const int8_t *)(r->plan + 1) + nnz_affine_tables_bytes(run->channel),
        .x = r->all.x.x + run->quantized,
        .y = r->all.y.y + run->quantized,
        .stride = r->all.x.stride,
        .channels = run->channels,
        .pixels = run->pixels,
    };
    ((nnz_lut_planes_s8_fn)r->function)(&part);
}

static void add_steps(const qaffine_run *r, const nnz_quantized_run *run) {
    const nnz_steps_s8 part = {
        .planes = (const nnz_plane_steps *)(r->plan + 1) + run->channel / 4,
        .count = r->plan->steps,
        .x = r->all.x.x + run->quantized,
        .y = r->all.y.y + run->quantized,
        .stride = r->all.x.stride,
        .channels = run->channels,
        .pixels = run->pixels,
    };
    ((nnz_steps_s8_fn)r->function)(&part);
}

static void compute(const qaffine_run *r, const nnz_quantized_run *run) {
    nnz_affine_s8 part = r->all;
    part.x = nnz_sum_at(part.x, run->quantized, run->channel);
    part.y = nnz_rounded_at(part.y, run->quantized, run->real);
    part.channels = run->channels;
    part.pixels = run->pixels;
    ((nnz_affine_s8_fn)r->function)(&part);
}

/* Some runs: all planes of an image that are among them at once. */
static void task(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const qaffine_run *r = context;
    const size_t end = nnz_part(r->runs.runs, r->runs.parts, i + 1);
    for (size_t at = nnz_part(r->runs.runs, r->runs.parts, i), next; at < end; at = next) {
        const nnz_quantized_run run = nnz_quantized_planes_at(&r->runs, at, end, &next);
        if (r->plan->form == LOOKED_UP)
            look_up(r, &run);
        else if (r->plan->form == STEPPED)
            add_steps(r, &run);
        else
            compute(r, &run);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const qaffine_plan *p = exec->plan;
    qaffine_run r = {
        .plan = p,
        .function = exec->kernel->function,
        .runs = nnz_quantized_runs_of(nnz_op_input(op, NNZ_SUM_X)),
        .all = affine_of(op, p),
    };
    r.all.x = nnz_sum_of(exec);
    r.all.y = nnz_rounded_of(exec);
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
