/* int8 convolution: as conv.c, with all K-blocks packed at once and requantisation in the kernel. */
#include "im2col.h"
#include "requantized.h"
#include "tile.h"

#include <string.h>

enum { X, BIAS, MULTIPLIER, INPUTS };
enum { MATRIX, WINDOW, ZX = WINDOW + 10, REQUANTIZED, PARAMS = REQUANTIZED + 4 };
enum { COLS_MAX = 65536 };

typedef struct qconv_shape {
    nnz_map in, out;
    nnz_window window;
    const nnz_matrix_record *matrix;
    bool planes4; /* layout of x */
} qconv_shape;

typedef struct qconv_plan {
    qconv_shape shape;
    nnz_tiling tiling;
    nnz_im2col im2col;
    nnz_requantized requantized;
    nnz_pack_s8_fn pack;
    nnz_spmm_s8_fn spmm;
    const int8_t *values;
    const uint8_t *index;
    const uint16_t *count;
    int32_t *bias; /* [rows], corrected for the kernel */
    uint32_t *part_begin, *part_start;
} qconv_plan;

static bool read_shape(const nnz_op *op, qconv_shape *s) {
    const nnz_tensor_record *x = nnz_op_input(op, X), *y = nnz_op_output(op, 0);
    s->matrix = nnz_op_matrix(op, op->params[MATRIX]);
    s->planes4 = x->layout == NNZ_LAYOUT_PLANES4;
    return nnz_map_of(x, &s->in) && nnz_map_of(y, &s->out) && x->rank == y->rank &&
           nnz_window_of(op->params + WINDOW, &s->window);
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error);
    if (!status)
        status = nnz_op_check_matrix(op, op->params[MATRIX], error);
    if (status)
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, X), *y = nnz_op_output(op, 0);
    if (!x || x->dtype != NNZ_INT8 || y->layout != NNZ_LAYOUT_PLANES4)
        return nnz_op_fail(op, error, "x must be int8, and y in planes of four");
    qconv_shape s;
    if (!read_shape(op, &s))
        return nnz_op_fail(op, error, "x and y must be of one rank, 3 or 4, and the window in range");
    const nnz_matrix_record *m = s.matrix;
    uint64_t taps = (uint64_t)s.window.kernel_h * s.window.kernel_w;
    uint64_t cols = taps * (s.planes4 ? (s.in.c + 3) / 4 * 4 : s.in.c);
    if (m->dtype != NNZ_INT8 || m->encoding == NNZ_Q8X4 || m->cols != cols || cols > COLS_MAX || m->rows != s.out.c)
        return nnz_op_fail(op, error, "its matrix must be int8, dense, u1 or q1x4, and fit x and y");
    if ((int32_t)op->params[ZX] < -128 || (int32_t)op->params[ZX] > 127)
        return nnz_op_fail(op, error, "the zero point of x is out of range");
    status = nnz_window_check(op, &s.window, &s.in, &s.out, error);
    return status ? status : nnz_requantized_check(op, op->params + REQUANTIZED, BIAS, m->rows, error);
}

/* Units of four columns in a tile. */
static uint32_t units_of(const nnz_matrix_record *m) {
    return (m->cols + 3) / 4;
}

static size_t lay_out(qconv_plan *p, uint8_t *base) {
    size_t at = nnz_align64(sizeof *p);
    p->bias = nnz_take(base, &at, p->shape.matrix->rows * sizeof *p->bias);
    p->part_begin = nnz_take(base, &at, (p->tiling.parts + 1) * sizeof *p->part_begin);
    p->part_start = nnz_take(base, &at, (size_t)p->tiling.parts * p->tiling.kblocks * sizeof *p->part_start);
    return at + nnz_im2col_place(&p->im2col, base ? base + at : NULL);
}

static void describe(const nnz_op *op, const nnz_config *config, qconv_plan *p) {
    *p = (qconv_plan){.requantized = nnz_requantized_plan(op, op->params + REQUANTIZED, BIAS)};
    qconv_shape *s = &p->shape;
    read_shape(op, s);
    p->tiling = nnz_tiling_choose_s8(s->matrix, s->in.n, s->out.h * s->out.w, config);
    p->im2col = nnz_im2col_describe(&s->window, &s->out);
}

static size_t plan_size(const nnz_op *op, const nnz_config *config) {
    qconv_plan p;
    describe(op, config, &p);
    return lay_out(&p, NULL);
}

/* The best level that has both kernels: only they understand each other's tiles. */
static bool find_kernels(const nnz_op *op, const nnz_config *config, nnz_family family, const nnz_kernel **pack,
                         const nnz_kernel **spmm) {
    nnz_config level = *config;
    *pack = nnz_find_kernel(op, &level, NNZ_FAMILY_PACK_S8);
    *spmm = nnz_find_kernel(op, &level, family);
    while (*pack && *spmm && (*pack)->isa != (*spmm)->isa) {
        level.isa = (*pack)->isa < (*spmm)->isa ? (*pack)->isa : (*spmm)->isa;
        *pack = nnz_find_kernel(op, &level, NNZ_FAMILY_PACK_S8);
        *spmm = nnz_find_kernel(op, &level, family);
    }
    return *pack && *spmm;
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    static const nnz_family families[] = {
        [NNZ_DENSE] = NNZ_FAMILY_SPMM_S8_DENSE,
        [NNZ_U1] = NNZ_FAMILY_SPMM_S8_U1,
        [NNZ_Q1X4] = NNZ_FAMILY_SPMM_S8_Q1X4,
    };
    qconv_plan *p = memory;
    describe(op, config, p);
    lay_out(p, memory);
    const qconv_shape *s = &p->shape;
    const nnz_matrix_record *m = s->matrix;
    const nnz_kernel *pack, *spmm;
    if (!find_kernels(op, config, families[m->encoding], &pack, &spmm))
        return nnz_op_unsupported(op, error, "no kernel for its encoding in this build");
    p->pack = (nnz_pack_s8_fn)pack->function;
    p->spmm = (nnz_spmm_s8_fn)spmm->function;
    p->values = nnz_model_data(op->model, m->values);
    p->index = nnz_model_data(op->model, m->index);
    p->count = nnz_model_data(op->model, m->count);
    nnz_correct_bias(op->model, m, p->requantized.bias, NNZ_S8_OFFSET(spmm->isa), p->bias);
    nnz_tiling_parts(&p->tiling, m, op->model, p->part_begin, p->part_start);
    nnz_im2col_fill(&p->im2col, &s->window, &s->in, &s->out);
    needs->kernel = spmm->name;
    needs->scratch = nnz_tiling_cursor_bytes(&p->tiling) + (size_t)units_of(m) * p->tiling.tile * NNZ_S8_CELL;
    return NNZ_OK;
}

typedef struct qconv_run {
    const nnz_exec *exec;
    const qconv_plan *plan;
    const int8_t *x;
    int8_t *y;
} qconv_run;

/* Task i: an image, a tile of its pixels, a part of the rows. */
static void task(void *context, uint32_t i, uint32_t worker) {
    const qconv_run *run = context;
    const qconv_plan *p = run->plan;
    const qconv_shape *s = &p->shape;
    const nnz_tiling *t = &p->tiling;
    const nnz_im2col *m = &p->im2col;
    uint32_t part = i % t->parts, tile = i / t->parts % t->tiles, image = i / t->parts / t->tiles;
    uint32_t first = tile * t->tile, planes = s->planes4 ? (s->in.c + 3) / 4 * 4 : s->in.c;
    uint32_t *cursor = nnz_exec_scratch(run->exec, worker);
    size_t in_plane = (size_t)s->in.h * s->in.w;

    nnz_pack_s8 pack = {
        .x = run->x + image * planes * in_plane,
        .y = (uint8_t *)cursor + nnz_tiling_cursor_bytes(t),
        .planes4 = s->planes4,
        .channel_stride = in_plane * (s->planes4 ? 4 : 1),
        .ldy = t->tile,
        .cols = s->matrix->cols,
        .units = units_of(s->matrix),
        .taps = m->taps,
        .tap_offset = m->tap_offset,
        .pixels = m->pixels - first < t->tile ? m->pixels - first : t->tile,
        .offset = m->offset + first,
        .mask = m->mask + first / 16,
        .mask_stride = m->vectors,
        .step = m->step + first / 16,
        .zero = (int8_t)run->exec->op->params[ZX],
    };
    nnz_spmm_s8 spmm = {
        .x = pack.y,
        .ldx = t->tile,
        .y = run->y + ((size_t)image * ((s->matrix->rows + 3) / 4) * m->pixels + first) * 4,
        .ldy = (size_t)m->pixels * 4,
        .pixels = pack.pixels,
        .row_begin = p->part_begin[part],
        .row_end = p->part_begin[part + 1],
        .values = p->values,
        .index = p->index,
        .count = p->count,
        .cursor = cursor,
        .groups = t->groups,
        .units = units_of(s->matrix),
        .kblock = t->kblock,
        .kblocks = t->kblocks,
        .bias = p->bias,
        .multiplier = p->requantized.multiplier,
        .shift = p->requantized.shift,
        .zero = p->requantized.zero,
        .lo = p->requantized.lo,
        .hi = p->requantized.hi,
    };
    memcpy(cursor, p->part_start + (size_t)part * t->kblocks, t->kblocks * sizeof *cursor);
    p->pack(&pack);
    p->spmm(&spmm);
}

static void run(const nnz_exec *exec) {
    const qconv_plan *p = exec->plan;
    qconv_run r = {.exec = exec, .plan = p, .x = nnz_exec_input(exec, X), .y = nnz_exec_output(exec, 0)};
    nnz_exec_parallel(exec, task, &r, p->shape.in.n * p->tiling.tiles * p->tiling.parts);
}

const nnz_op_impl nnz_op_qconv = {
    .kind = NNZ_OP_QCONV,
    .planes4 = true,
    .name = "qconv",
    .check = check,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
};
