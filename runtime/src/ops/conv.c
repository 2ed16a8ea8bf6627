/*
 * Convolution as a sparse matrix product: a tile of output pixels is packed [k][pixel] (im2col), and all rows of the
 * weights run over it. Tasks are tiles, or where these are too few for the threads, tiles by parts of the rows.
 */
#include "activation.h"
#include "im2col.h"
#include "tile.h"
#include "work.h"

#include <string.h>

enum { X, BIAS, RESIDUAL, SLOPE, INPUTS };
enum { MATRIX, WINDOW, PARAMS = WINDOW + 10 };

typedef struct conv_plan {
    nnz_map in;
    const nnz_matrix_record *matrix;
    nnz_tiling tiling;
    nnz_im2col im2col;
    nnz_activation activation;
    nnz_pack_f32_fn pack;
    nnz_spmm_f32_fn spmm;
    const float *bias, *values;
    const uint8_t *index;
    const uint16_t *count;
    uint32_t *part_begin; /* [parts + 1] rows */
    uint32_t *part_start; /* [parts][kblocks]: the blocks before the part in each K-block */
} conv_plan;

typedef struct conv_shape {
    nnz_map in, out;
    nnz_window window;
    const nnz_matrix_record *matrix;
} conv_shape;

static nnz_status read_shape(const nnz_op *op, conv_shape *s, nnz_error *error) {
    if (!nnz_map_of(nnz_op_input(op, X), &s->in) || !nnz_map_of(nnz_op_output(op, 0), &s->out) ||
        nnz_op_input(op, X)->rank != nnz_op_output(op, 0)->rank)
        return nnz_op_fail(op, error, "x and y must both be of rank 2, 3 or 4");
    if (!nnz_window_of(op->params + WINDOW, &s->window))
        return nnz_op_fail(op, error, "a kernel size, stride, dilation or padding is out of range");
    s->matrix = nnz_op_matrix(op, op->params[MATRIX]);
    return NNZ_OK;
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error);
    if (!status)
        status = nnz_op_check_float(op, X, error);
    if (!status)
        status = nnz_op_check_matrix(op, op->params[MATRIX], error);
    conv_shape s;
    if (!status)
        status = read_shape(op, &s, error);
    if (status)
        return status;

    const nnz_window *w = &s.window;
    if (s.matrix->encoding > NNZ_RB4 || s.matrix->dtype != NNZ_FLOAT32)
        return nnz_op_fail(op, error, "its matrix must be float32, dense, u1 or rb4");
    if ((uint64_t)s.in.c * w->kernel_h * w->kernel_w != s.matrix->cols || s.out.c != s.matrix->rows ||
        nnz_op_output(op, 0)->dtype != NNZ_FLOAT32)
        return nnz_op_fail(op, error, "its matrix does not fit x and y");
    status = nnz_window_check(op, w, &s.in, &s.out, error);
    if (status)
        return status;
    status = nnz_residual_check(op, RESIDUAL, error);
    if (!status)
        status = nnz_op_check_constant(op, BIAS, NNZ_FLOAT32, s.matrix->rows, true, error);
    return status ? status : nnz_activation_check(op, SLOPE, s.matrix->rows, error);
}

/* Lays the tables of a plan out behind its struct (`base` NULL: only counts); returns the bytes of all. */
static size_t lay_out(conv_plan *p, uint8_t *base) {
    size_t at = nnz_align64(sizeof *p);
    p->part_begin = nnz_take(base, &at, (p->tiling.parts + 1) * sizeof *p->part_begin);
    p->part_start = nnz_take(base, &at, (size_t)p->tiling.parts * p->tiling.kblocks * sizeof *p->part_start);
    return at + nnz_im2col_place(&p->im2col, base ? base + at : NULL);
}

static void describe(const nnz_config *config, const conv_shape *s, conv_plan *p) {
    *p = (conv_plan){
        .in = s->in,
        .matrix = s->matrix,
        .tiling = nnz_tiling_choose(s->matrix, s->in.n, s->out.h * s->out.w, config),
        .im2col = nnz_im2col_describe(&s->window, &s->out),
    };
}

static size_t plan_size(const nnz_op *op, const nnz_config *config) {
    conv_shape s;
    conv_plan p;
    read_shape(op, &s, NULL);
    describe(config, &s, &p);
    return lay_out(&p, NULL);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    static const nnz_family families[] = {NNZ_FAMILY_SPMM_F32_DENSE, NNZ_FAMILY_SPMM_F32_U1, NNZ_FAMILY_SPMM_F32_RB4};
    conv_plan *p = memory;
    conv_shape s;
    read_shape(op, &s, NULL);
    describe(config, &s, p);
    lay_out(p, memory);
    const nnz_kernel *pack, *spmm;
    nnz_status status;
    if ((status = nnz_op_kernel(op, config, NNZ_FAMILY_PACK_F32, &pack, error)) ||
        (status = nnz_op_kernel(op, config, families[s.matrix->encoding], &spmm, error)) ||
        (status = nnz_activation_plan(op, config, SLOPE, &p->activation, error)))
        return status;
    p->pack = (nnz_pack_f32_fn)pack->function;
    p->spmm = (nnz_spmm_f32_fn)spmm->function;
    p->bias = nnz_op_constant(op, op->inputs[BIAS]);
    p->values = nnz_model_data(op->model, s.matrix->values);
    p->index = nnz_model_data(op->model, s.matrix->index);
    p->count = nnz_model_data(op->model, s.matrix->count);
    nnz_tiling_parts(&p->tiling, s.matrix, op->model, p->part_begin, p->part_start);
    nnz_im2col_fill(&p->im2col, &s.window, &s.in, &s.out);
    needs->kernel = spmm->name;
    needs->scratch = nnz_tiling_scratch(&p->tiling);
    return NNZ_OK;
}

typedef struct conv_run {
    const nnz_exec *exec;
    const conv_plan *plan;
    const float *x, *residual;
    float *y;
} conv_run;

/* Task i: an image, a tile of its pixels, a part of the rows. */
static void task(void *context, uint32_t i, uint32_t worker) {
    const conv_run *run = context;
    const conv_plan *p = run->plan;
    const nnz_tiling *t = &p->tiling;
    const nnz_im2col *m = &p->im2col;
    uint32_t part = i % t->parts, tile = i / t->parts % t->tiles, image = i / t->parts / t->tiles;
    uint32_t first = tile * t->tile;
    uint32_t *cursor = nnz_exec_scratch(run->exec, worker);
    float *packed = (float *)((uint8_t *)cursor + nnz_tiling_cursor_bytes(t));
    size_t y = (size_t)image * p->matrix->rows * m->pixels + first;

    nnz_pack_f32 pack = {
        .x = run->x + (size_t)image * p->in.c * p->in.h * p->in.w,
        .y = packed,
        .channel_stride = (size_t)p->in.h * p->in.w,
        .ldy = t->tile,
        .taps = m->taps,
        .tap_offset = m->tap_offset,
        .pixels = m->pixels - first < t->tile ? m->pixels - first : t->tile,
        .offset = m->offset + first,
        .mask = m->mask + first / 16,
        .mask_stride = m->vectors,
        .step = m->step + first / 16,
    };
    nnz_spmm_f32 spmm = {
        .x = packed,
        .ldx = t->tile,
        .y = run->y + y,
        .ldy = m->pixels,
        .pixels = pack.pixels,
        .row_begin = p->part_begin[part],
        .row_end = p->part_begin[part + 1],
        .values = p->values,
        .index = p->index,
        .count = p->count,
        .groups = t->groups,
        .cols = p->matrix->cols,
        .kblock = t->kblock,
        .bias = p->bias,
        .residual = run->residual ? run->residual + y : NULL,
        .lo = p->activation.lo,
        .hi = p->activation.hi,
    };
    memcpy(cursor, p->part_start + (size_t)part * t->kblocks, t->kblocks * sizeof *cursor);
    for (uint32_t kb = 0; kb < t->kblocks; kb += t->step) {
        uint32_t end = kb + t->step < t->kblocks ? kb + t->step : t->kblocks, last_row = end * t->kblock;
        pack.first = kb * t->kblock;
        pack.rows = (last_row < p->matrix->cols ? last_row : p->matrix->cols) - pack.first;
        p->pack(&pack);
        spmm.cursor = cursor + kb;
        spmm.kblock_begin = kb;
        spmm.kblock_end = end;
        spmm.first = kb == 0;
        spmm.last = end == t->kblocks;
        p->spmm(&spmm);
    }
    for (uint32_t r = spmm.row_begin; r < spmm.row_end; r++)
        nnz_activation_run(&p->activation, r, spmm.y + r * spmm.ldy, spmm.pixels);
}

static void run(const nnz_exec *exec) {
    const conv_plan *p = exec->plan;
    conv_run r = {
        .exec = exec,
        .plan = p,
        .x = nnz_exec_input(exec, X),
        .residual = nnz_exec_input(exec, RESIDUAL),
        .y = nnz_exec_output(exec, 0),
    };
    nnz_exec_parallel(exec, task, &r, p->in.n * p->tiling.tiles * p->tiling.parts);
}

/* A task reads the residual of each output before it writes that output, and no other task touches it. */
static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op;
    return i == RESIDUAL;
}

const nnz_op_impl nnz_op_conv = {
    .kind = NNZ_OP_CONV,
    .name = "conv",
    .check = check,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .in_place = in_place,
};
