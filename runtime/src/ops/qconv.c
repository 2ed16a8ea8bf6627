/* int8 convolution: as conv.c, with all K-blocks packed at once and requantisation in the kernel. The epilogue follows
 * over each tile while it is in the cache; with a residual, results go to scratch first, so that y may overwrite it. */
#include "epilogue.h"
#include "exact_units.h"
#include "im2col.h"
#include "quantized.h"
#include "requantized.h"
#include "tile.h"

enum { X, BIAS, MULTIPLIER, RESIDUAL };
enum { MATRIX, WINDOW, ZX = WINDOW + 10, REQUANTIZED, PARAMS = REQUANTIZED + 4 };
enum { COLS_MAX = 65536 };

typedef struct qconv_shape {
    nnz_map in, out;
    nnz_window window;
    const nnz_matrix_record *matrix;
    bool planes4; /* layout of x */
} qconv_shape;

/* Behind it: the tables. */
typedef struct qconv_plan {
    nnz_tiling tiling;
    nnz_epilogue_kernels epilogue;
    uint32_t pack; /* position of the kernel */
} qconv_plan;

typedef struct qconv_tables {
    int32_t *bias; /* [rows], corrected for the kernel; none where the level's kernels take the file's */
    uint32_t *parts;
    nnz_im2col im2col; /* none for small levels */
    void *units;       /* where nnz_exact_units_serve() */
} qconv_tables;

static bool read_shape(const nnz_op *op, qconv_shape *s) {
    s->matrix = nnz_op_matrix(op, op->params[MATRIX]);
    s->planes4 = nnz_op_input(op, X)->layout == NNZ_LAYOUT_PLANES4;
    return nnz_window_shape(op, op->params + WINDOW, &s->in, &s->out, &s->window);
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status = nnz_epilogue_check(op, RESIDUAL, PARAMS, error);
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
    status = nnz_op_check_zero_point(op, ZX, error);
    if (!status)
        status = nnz_window_check(op, &s.window, &s.in, &s.out, error);
    return status ? status : nnz_requantized_check(op, op->params + REQUANTIZED, BIAS, m->rows, error);
}

/* Units of four columns in a tile, the pixels between them, and the bytes of all. */
static uint32_t units_of(const nnz_matrix_record *m) {
    return (m->cols + 3) / 4;
}

static uint32_t ldx_of(const nnz_tiling *tiling, const nnz_kernel *spmm) {
    return NNZ_S8_TAKES_UNITS(spmm->isa) ? NNZ_UNITS_TILE : tiling->tile;
}

/* Whether columns of a tile lie apart, pixel by pixel. */
static bool is_apart(const nnz_matrix_record *m, const nnz_kernel *spmm) {
    return NNZ_S8_TAKES_UNITS(spmm->isa) && m->encoding == NNZ_U1;
}

static nnz_weights_s8 weights_of(const nnz_op *op, const nnz_matrix_record *m, const nnz_kernel *spmm) {
    nnz_weights_s8 weights = nnz_weights_s8_of(op->model, m, spmm->isa);
    weights.apart = is_apart(m, spmm);
    return weights;
}

static size_t packed_bytes(const nnz_matrix_record *m, uint32_t ldx, const nnz_config *config) {
    return units_of(m) * ldx * nnz_s8_cell(config->isa);
}

/* The results of a tile, where a residual is added to them. */
static size_t result_bytes(const nnz_op *op, const nnz_matrix_record *m, const nnz_tiling *tiling) {
    return op->inputs[RESIDUAL] == NNZ_NONE ? 0 : (size_t)((m->rows + 3) / 4) * tiling->tile * 4;
}

/* Of the best level that has both kernels: only they understand each other's tiles. */
static bool find_kernels(const nnz_op *op, const nnz_config *config, uint8_t encoding, const nnz_kernel **pack,
                         const nnz_kernel **spmm) {
    static const nnz_family families[] = {
        [NNZ_DENSE] = NNZ_FAMILY_SPMM_S8_DENSE,
        [NNZ_U1] = NNZ_FAMILY_SPMM_S8_U1,
        [NNZ_Q1X4] = NNZ_FAMILY_SPMM_S8_Q1X4,
    };
    nnz_config level = *config;
    *pack = nnz_find_kernel(op, &level, NNZ_FAMILY_PACK_S8);
    *spmm = nnz_find_kernel(op, &level, families[encoding]);
    while (*pack && *spmm && (*pack)->isa != (*spmm)->isa) {
        level.isa = (*pack)->isa < (*spmm)->isa ? (*pack)->isa : (*spmm)->isa;
        *pack = nnz_find_kernel(op, &level, NNZ_FAMILY_PACK_S8);
        *spmm = nnz_find_kernel(op, &level, families[encoding]);
    }
    return *pack && *spmm;
}

/* Where the tables of a plan lie (`base` NULL: nowhere); returns the bytes of all but the units, the last. */
static uint64_t lay_out(const nnz_tiling *tiling, const qconv_shape *s, const nnz_config *config,
                        const nnz_kernel *spmm, uint8_t *base, qconv_tables *t) {
    uint64_t at = nnz_align(sizeof(qconv_plan), NNZ_PLAN_UNIT);
    t->bias = nnz_take(base, &at, NNZ_S8_OFFSET(spmm->isa) ? s->matrix->rows * sizeof *t->bias : 0);
    t->parts = nnz_take(base, &at, nnz_tiling_table_bytes(tiling));
    t->im2col = nnz_im2col_describe(&s->window, &s->out);
    if (!nnz_isa_is_small(config->isa))
        at += nnz_align(nnz_im2col_place(&t->im2col, base ? base + at : NULL), NNZ_PLAN_UNIT);
    t->units = base ? base + at : NULL;
    return at;
}

static nnz_tiling tiling_of(const qconv_shape *s, const nnz_config *config, const nnz_kernel *spmm) {
    nnz_config with_units = *config; /* at whose level tiles are no wider than NNZ_UNITS_TILE */
    with_units.isa = spmm->isa;
    return nnz_tiling_choose_s8(s->matrix, s->in.n, s->out.h * s->out.w,
                                NNZ_S8_TAKES_UNITS(spmm->isa) ? &with_units : config);
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    qconv_shape s;
    qconv_tables tables;
    const nnz_kernel *pack, *spmm;
    read_shape(op, &s);
    if (!find_kernels(op, config, s.matrix->encoding, &pack, &spmm))
        return 0;
    const nnz_tiling tiling = tiling_of(&s, config, spmm);
    uint64_t bytes = lay_out(&tiling, &s, config, spmm, NULL, &tables);
    if (nnz_exact_units_serve(spmm->isa, s.matrix)) {
        const nnz_weights_s8 weights = weights_of(op, s.matrix, spmm);
        bytes += nnz_exact_units_bytes(&weights);
    }
    return bytes;
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    qconv_plan *p = memory;
    qconv_shape s;
    qconv_tables tables;
    const nnz_kernel *pack, *spmm;
    read_shape(op, &s);
    if (!find_kernels(op, config, s.matrix->encoding, &pack, &spmm))
        return nnz_op_unsupported(op, error, "no kernel for its encoding in this build");
    p->tiling = tiling_of(&s, config, spmm);
    p->pack = nnz_kernel_id(op, pack);
    lay_out(&p->tiling, &s, config, spmm, memory, &tables);
    nnz_tiling_fill_table(&p->tiling, s.matrix, op->model, tables.parts);
    if (NNZ_S8_OFFSET(spmm->isa))
        nnz_correct_bias(op->model, s.matrix, nnz_op_constant(op, op->inputs[BIAS]), NNZ_S8_OFFSET(spmm->isa),
                         tables.bias);
    if (nnz_exact_units_serve(spmm->isa, s.matrix)) {
        const nnz_weights_s8 weights = weights_of(op, s.matrix, spmm);
        nnz_exact_units_fill(&weights, tables.units);
    }
    if (!nnz_isa_is_small(config->isa))
        nnz_im2col_fill(&tables.im2col, &s.window, &s.in, &s.out);
    needs->kernel = spmm;
    needs->scratch = packed_bytes(s.matrix, ldx_of(&p->tiling, spmm), config) + result_bytes(op, s.matrix, &p->tiling) +
                     nnz_tiling_cursor_bytes(&p->tiling);
    return nnz_epilogue_plan(op, config, RESIDUAL, &p->epilogue, error);
}

typedef struct qconv_run {
    const nnz_exec *exec;
    const nnz_tiling *tiling;
    qconv_shape shape;
    qconv_tables tables;
    nnz_requantized requantized;
    nnz_epilogue epilogue;
    nnz_pack_s8_fn pack;
    nnz_spmm_s8_fn spmm;
    const int8_t *x, *residual;
    int8_t *y;
    size_t y_plane; /* bytes between planes of y */
} qconv_run;

/* The epilogue over what `spmm` has written, into `y`: one run of bytes for each plane, or one for all where they
 * touch. */
static void finish(const qconv_run *run, const nnz_spmm_s8 *spmm, int8_t *y) {
    const size_t bytes = 4 * (size_t)spmm->pixels, ldy = run->y_plane;
    const uint32_t begin = spmm->row_begin / 4, end = (spmm->row_end + 3) / 4;
    const uint32_t planes = bytes == ldy && bytes == spmm->ldy ? end - begin : 1;
    for (uint32_t plane = begin; plane < end; plane += planes) {
        const size_t at = plane * ldy + (size_t)(y - run->y);
        nnz_epilogue_run(&run->epilogue, spmm->y + plane * spmm->ldy, run->residual ? run->residual + at : NULL,
                         run->y + at, planes * bytes);
    }
}

/* Packs a tile of an image into `packed`; returns its pixels. */
static uint32_t pack_tile(const qconv_run *run, const nnz_tiling_task *at, uint8_t *packed) {
    const qconv_shape *s = &run->shape;
    const nnz_window *w = &s->window;
    const nnz_im2col *m = &run->tables.im2col;
    const uint32_t channels = s->planes4 ? (s->in.c + 3) / 4 * 4 : s->in.c, left = m->pixels - at->first;
    const size_t in_plane = (size_t)s->in.h * s->in.w;
    nnz_pack_s8 pack = {
        .x = run->x + at->image * channels * in_plane,
        .y = packed,
        .planes4 = s->planes4,
        .apart = is_apart(s->matrix, run->exec->kernel),
        .channel_stride = in_plane * (s->planes4 ? 4 : 1),
        .ldy = ldx_of(run->tiling, run->exec->kernel),
        .cols = s->matrix->cols,
        .units = units_of(s->matrix),
        .first = at->first,
        .pixels = left < run->tiling->tile ? left : run->tiling->tile,
        .zero = (int8_t)run->exec->op->params[ZX],
        .height = s->in.h,
        .width = s->in.w,
        .out_width = s->out.w,
        .kernel_w = w->kernel_w,
        .stride_h = w->stride_h,
        .stride_w = w->stride_w,
        .dilation_h = w->dilation_h,
        .dilation_w = w->dilation_w,
        .pad_top = w->pad_top,
        .pad_left = w->pad_left,
        .taps = m->taps,
    };
    if (nnz_window_is_pointwise(w)) { /* the image is one row */
        pack.width *= pack.height;
        pack.out_width = pack.width;
        pack.height = 1;
    }
    if (m->offset) {
        pack.tap_offset = m->tap_offset;
        pack.offset = m->offset + at->first;
        pack.mask = m->mask + at->first / 16;
        pack.mask_stride = m->vectors;
        pack.step = m->step + at->first / 16;
    }
    run->pack(&pack);
    return pack.pixels;
}

/* Task i: an image, a tile of its pixels, a part of the rows. */
static void task(void *context, uint32_t i, uint32_t worker) {
    const qconv_run *run = context;
    const nnz_model *model = run->exec->op->model;
    const nnz_matrix_record *matrix = run->shape.matrix;
    const nnz_tiling *t = run->tiling;
    const nnz_tiling_task at = nnz_tiling_task_at(t, i);
    const uint32_t ldx = ldx_of(t, run->exec->kernel);
    uint8_t *packed = nnz_exec_scratch(run->exec, worker);
    int8_t *results = (int8_t *)packed + packed_bytes(matrix, ldx, run->exec->config);
    uint32_t *cursor = (uint32_t *)(void *)(results + result_bytes(run->exec->op, matrix, t));
    int8_t *y = run->y + (size_t)at.image * ((matrix->rows + 3) / 4) * run->y_plane + 4 * (size_t)at.first;
    const nnz_row_part rows = nnz_tiling_part(t, matrix, model, run->tables.parts, at.part, cursor);
    const uint32_t pixels = pack_tile(run, &at, packed);
    nnz_spmm_s8 spmm = {
        .x = packed,
        .ldx = ldx,
        .y = run->residual ? results : y,
        .ldy = run->residual ? 4 * (size_t)pixels : run->y_plane,
        .pixels = pixels,
        .row_begin = rows.begin,
        .row_end = rows.end,
        .values = nnz_model_data(model, matrix->values),
        .index = nnz_model_data(model, matrix->index),
        .count = nnz_model_data(model, matrix->count),
        .cursor = cursor,
        .groups = t->groups,
        .units = units_of(matrix),
        .kblock = t->kblock,
        .kblocks = t->kblocks,
        .bias = run->requantized.bias,
        .multiplier = run->requantized.multiplier,
        .shift = run->requantized.shift,
        .zero = run->requantized.zero,
        .lo = run->requantized.lo,
        .hi = run->requantized.hi,
    };
    if (nnz_exact_units_serve(run->exec->kernel->isa, matrix))
        spmm.exact = nnz_exact_units_at(run->tables.units);
    run->spmm(&spmm);
    finish(run, &spmm, y);
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const qconv_plan *p = exec->plan;
    qconv_run r = {
        .exec = exec,
        .tiling = &p->tiling,
        .requantized = nnz_requantized_of(op, op->params + REQUANTIZED, BIAS),
        .epilogue = nnz_epilogue_of(op, RESIDUAL, PARAMS, &p->epilogue),
        .pack = (nnz_pack_s8_fn)nnz_kernel_at(op, p->pack)->function,
        .spmm = (nnz_spmm_s8_fn)exec->kernel->function,
        .x = nnz_exec_input(exec, X),
        .residual = nnz_exec_input(exec, RESIDUAL),
        .y = nnz_exec_output(exec, 0),
    };
    read_shape(op, &r.shape);
    r.y_plane = 4 * (size_t)r.shape.out.h * r.shape.out.w;
    lay_out(&p->tiling, &r.shape, exec->config, exec->kernel, (uint8_t *)(uintptr_t)p, &r.tables);
    if (NNZ_S8_OFFSET(exec->kernel->isa))
        r.requantized.bias = r.tables.bias;
    nnz_exec_parallel(exec, task, &r, r.shape.in.n * p->tiling.tiles * p->tiling.parts);
}

/* A task reads the residual of each output before it writes that output, and no other task touches it. */
static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op;
    return i == RESIDUAL;
}

const nnz_op_impl nnz_op_qconv = {
    .kind = NNZ_OP_QCONV,
    .planes4 = true,
    .name = "qconv",
    .check = check,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .in_place = in_place,
};
