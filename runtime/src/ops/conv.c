/*
 * Convolution as a sparse matrix product: a tile of output pixels is packed [k][pixel] (im2col), and all rows of the
 * weights run over it. Tasks are blocks of tiles, or where these are too few for the threads, blocks by parts of the
 * rows.
 */
#include "im2col.h"
#include "pairs.h"
#include "product.h"
#include "walks.h"
#include "winograd.h"
#include "work.h"

/* Behind it: the tables. */
typedef struct conv_plan {
    nnz_tiling tiling;
    uint32_t pack, expand, activation;            /* positions of kernels */
    uint32_t x_stride, y_stride, residual_stride; /* elements between planes of whole tensors */
} conv_plan;

typedef struct conv_tables {
    uint32_t *parts;
    uint32_t *offset; /* of the columns in a packed step, where they are shared */
    nnz_im2col im2col;
    void *weights; /* in the order of the kernel: pairs of rows, or walks */
} conv_tables;

/* Outputs of an image in a channel. */
static uint32_t pixels_of(const nnz_conv_shape *s) {
    return s->out.h * s->out.w;
}

/* What is packed, as if it were a convolution. */
static nnz_conv_shape packed_shape(const nnz_tiling *tiling, const nnz_conv_shape *s) {
    nnz_conv_shape packed = *s;
    if (tiling->shared) {
        const nnz_shared_rows shared = nnz_im2col_share(&s->window);
        packed.window = shared.window;
        packed.out.h += shared.more_rows;
    }
    return packed;
}

/* Offsets of the columns, each from the first channel that its step has. */
static void fill_offsets(const nnz_tiling *t, const nnz_conv_shape *s, uint32_t *offset) {
    const uint32_t taps = s->window.kernel_h * s->window.kernel_w, step = t->step * t->kblock;
    for (uint32_t k = 0; t->shared && k < s->matrix->cols; k++) {
        const uint32_t before = k / step * step / taps * taps;
        offset[k] = (uint32_t)nnz_im2col_column(&s->window, s->out.w, t->pitch, k - before);
    }
}

/* Where the tables of a plan lie (`base` NULL: nowhere); returns the bytes before the last one, the weights. */
static uint64_t lay_out(const nnz_tiling *tiling, const nnz_conv_shape *s, uint8_t *base, conv_tables *tables) {
    uint64_t at = nnz_align(sizeof(conv_plan), NNZ_PLAN_UNIT);
    const nnz_conv_shape packed = packed_shape(tiling, s);
    tables->parts = nnz_take(base, &at, nnz_tiling_table_bytes(tiling));
    tables->offset = nnz_take(base, &at, tiling->shared ? (uint64_t)s->matrix->cols * sizeof *tables->offset : 0);
    tables->im2col = nnz_im2col_describe(&packed.window, &packed.out);
    at += nnz_im2col_place(&tables->im2col, base ? base + at : NULL);
    tables->weights = base ? base + at : NULL;
    return at;
}

/* Planes of x can serve as the tiles where they are if the pixels of x and y are the same, and whole vectors. */
static nnz_tiling tiling_of(const nnz_op *op, const nnz_conv_shape *s, const nnz_config *config) {
    const nnz_shared_rows shared = nnz_im2col_share(&s->window);
    const nnz_tile_source source = {
        .is_direct = nnz_window_is_pointwise(&s->window) &&
                     nnz_plane_stride(op->model, op->inputs[NNZ_CONV_X], config->isa) % 16 == 0,
        .stride = (uint32_t)nnz_plane_stride(op->model, op->inputs[NNZ_CONV_X], config->isa),
        .is_aligned = nnz_plane_stride(op->model, op->outputs[0], config->isa) % 16 == 0,
        .taps = s->window.kernel_h * s->window.kernel_w,
        .shared_taps = shared.window.kernel_h * shared.window.kernel_w,
        .row = s->out.w,
        .more_rows = shared.more_rows,
    };
    return nnz_tiling_choose(s->matrix, s->in.n, s->out.h * s->out.w, &source, config);
}

/* With tables that are filled, or for their sizes alone. */
static nnz_pairs_source pairs_of(const nnz_op *op, const nnz_conv_shape *s, const nnz_tiling *t,
                                 const conv_tables *tables) {
    return nnz_pairs_source_of(op->model, s->matrix, t, tables->parts, tables->offset);
}

static nnz_walks_source walks_of(const nnz_op *op, const nnz_conv_shape *s, const nnz_tiling *t,
                                 const conv_tables *tables) {
    return nnz_walks_source_of(op->model, s->matrix, t, tables->offset);
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    nnz_conv_shape s;
    conv_tables tables;
    nnz_conv_shape_of(op, &s, NULL);
    if (nnz_winograd_takes(&s, config->isa))
        return nnz_winograd_plan_size(&s);
    const nnz_tiling tiling = tiling_of(op, &s, config);
    const uint64_t bytes = lay_out(&tiling, &s, NULL, &tables);
    const nnz_pairs_source pairs = pairs_of(op, &s, &tiling, &tables);
    const nnz_walks_source walks = walks_of(op, &s, &tiling, &tables);
    return bytes + (tiling.pairs ? nnz_pairs_bytes(&pairs) : 0) + (tiling.walk_pitch ? nnz_walks_bytes(&walks) : 0);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    static const nnz_family families[] = {NNZ_FAMILY_SPMM_F32_DENSE, NNZ_FAMILY_SPMM_F32_U1, NNZ_FAMILY_SPMM_F32_RB4};
    conv_plan *p = memory;
    nnz_conv_shape s;
    conv_tables tables;
    const nnz_kernel *pack;
    nnz_status status;
    nnz_conv_shape_of(op, &s, NULL);
    if (nnz_winograd_takes(&s, config->isa))
        return nnz_winograd_plan(op, &s, config, memory, needs, error);
    p->tiling = tiling_of(op, &s, config);
    const nnz_family family = p->tiling.pairs ? NNZ_FAMILY_SPMM_F32_U1_PAIRS : families[s.matrix->encoding];
    if ((status = nnz_op_kernel(op, config, NNZ_FAMILY_PACK_F32, &pack, error)) ||
        (status = nnz_op_kernel(op, config, family, &needs->kernel, error)) ||
        (status = nnz_narrow_plan(op, config, s.matrix, &p->expand, error)) ||
        (status = nnz_activation_plan(op, config, NNZ_CONV_SLOPE, &p->activation, error)))
        return status;
    p->x_stride = (uint32_t)nnz_plane_stride(op->model, op->inputs[NNZ_CONV_X], config->isa);
    p->y_stride = (uint32_t)nnz_plane_stride(op->model, op->outputs[0], config->isa);
    if (op->inputs[NNZ_CONV_RESIDUAL] != NNZ_NONE)
        p->residual_stride = (uint32_t)nnz_plane_stride(op->model, op->inputs[NNZ_CONV_RESIDUAL], config->isa);
    p->pack = nnz_kernel_id(op, pack);
    lay_out(&p->tiling, &s, memory, &tables);
    nnz_tiling_fill_table(&p->tiling, s.matrix, op->model, tables.parts);
    fill_offsets(&p->tiling, &s, tables.offset);
    const nnz_pairs_source pairs = pairs_of(op, &s, &p->tiling, &tables);
    const nnz_walks_source walks = walks_of(op, &s, &p->tiling, &tables);
    if (p->tiling.pairs)
        nnz_pairs_fill(&pairs, tables.weights);
    if (p->tiling.walk_pitch)
        nnz_walks_fill(&walks, tables.weights);
    const nnz_conv_shape packed = packed_shape(&p->tiling, &s);
    nnz_im2col_fill(&tables.im2col, &packed.window, &packed.in, &packed.out);
    needs->scratch = nnz_tiling_packed_bytes(&p->tiling) + nnz_tiling_sums_bytes(&p->tiling, s.matrix) +
                     nnz_narrow_scratch(s.matrix) + 2 * nnz_tiling_cursor_bytes(&p->tiling);
    return NNZ_OK;
}

typedef struct conv_run {
    const nnz_exec *exec;
    const conv_plan *plan;
    const nnz_tiling *tiling;
    nnz_conv_shape shape;
    conv_tables tables;
    nnz_activation activation;
    nnz_pack_f32_fn pack;
    nnz_spmm_f32_fn spmm;
    nnz_expand_fn expand;
    const float *bias, *residual;
    uint32_t tasks;
    bool backwards;
} conv_run;

/* Some neighbouring pixels of an image, as many as a block has at most, and a part of the rows. */
typedef struct conv_part {
    nnz_planes x, y; /* of the image */
    uint32_t image, first, pixels;
    uint32_t tile, tiles; /* pixels of a tile, at most the tiling's, but for the last one */
    uint32_t part, worker;
} conv_part;

/* Packs columns [begin, end) for all tiles of a block: tile by tile, or, shared, what they need of whole channels. */
static void pack_block(const conv_run *run, nnz_pack_f32 pack, const nnz_block *block, uint32_t begin, uint32_t end) {
    const nnz_tiling *t = run->tiling;
    const nnz_conv_shape *s = &run->shape;
    const uint32_t taps = s->window.kernel_h * s->window.kernel_w;
    uint32_t pixels = nnz_block_pixels(block), width = block->tile, pieces = block->tiles;
    size_t y_step = block->x_step;
    pack.first = begin;
    pack.rows = end - begin;
    if (t->shared) {
        pack.first = begin / taps * pack.taps;
        pack.rows = nnz_ceil_div(end, taps) * pack.taps - pack.first;
        pixels += nnz_im2col_share(&s->window).more_rows * s->out.w;
        y_step = width = NNZ_TILE_MAX;
        pieces = nnz_ceil_div(pixels, width);
    }
    for (uint32_t i = 0; i < pieces; i++) {
        pack.pixels = i + 1 < pieces ? width : pixels - i * width;
        run->pack(&pack);
        pack.y += y_step;
        pack.offset += width;
        pack.mask += width / 16;
        pack.step += width / 16;
    }
}

static void run_part(const conv_run *run, const conv_part *part) {
    const nnz_model *model = run->exec->op->model;
    const nnz_tiling *t = run->tiling;
    const nnz_im2col *m = &run->tables.im2col;
    const nnz_matrix_record *matrix = run->shape.matrix;
    const uint32_t first = part->first;
    const size_t image_residual = (size_t)matrix->rows * run->plan->residual_stride;
    float *packed = nnz_exec_scratch(run->exec, part->worker);
    float *sums = (float *)((uint8_t *)packed + nnz_tiling_packed_bytes(t));
    float *piece = (float *)((uint8_t *)sums + nnz_tiling_sums_bytes(t, matrix));
    uint32_t *cursor = (uint32_t *)((uint8_t *)piece + nnz_narrow_scratch(matrix));
    const float *x = (const float *)(const void *)part->x.row0;
    nnz_product product = {
        .tiling = t,
        .activation = &run->activation,
        .pairs = run->tables.weights,
        .narrow = nnz_narrow_begin(model, matrix, run->expand, piece),
        .rows = nnz_tiling_part(t, matrix, model, run->tables.parts, part->part, cursor),
        .block =
            {
                .kernel = run->spmm,
                .tiles = part->tiles,
                .tile = part->tile,
                .last_tile = part->pixels - (part->tiles - 1) * part->tile,
                .x_step = t->direct || t->shared ? part->tile : (size_t)t->step_rows * t->pitch,
                .cursor = cursor + t->kblocks,
            },
    };
    const nnz_pack_f32 pack = {
        .x = x,
        .y = packed,
        .channel_stride = part->x.stride / sizeof(float),
        .ldy = t->pitch,
        .taps = m->taps,
        .tap_offset = m->tap_offset,
        .offset = m->offset + first,
        .mask = m->mask + first / 16,
        .mask_stride = m->vectors,
        .step = m->step + first / 16,
    };
    nnz_spmm_f32 spmm = {
        .ldx = t->direct ? (uint32_t)pack.channel_stride : t->pitch,
        .y = (float *)(void *)part->y.row0 + first,
        .ldy = part->y.stride / sizeof(float),
        .values = nnz_model_data(model, matrix->values),
        .index = nnz_model_data(model, matrix->index),
        .count = nnz_model_data(model, matrix->count),
        .groups = t->groups,
        .cols = matrix->cols,
        .kblock = t->kblock,
        .bias = run->bias,
        .residual = run->residual ? run->residual + part->image * image_residual + first : NULL,
        .ldr = run->plan->residual_stride,
        .lo = run->activation.lo,
        .hi = run->activation.hi,
        .sums = t->sums ? sums : NULL,
        .ldsums = nnz_tiling_sums_pitch(t),
    };
    if (spmm.ldx == t->walk_pitch) { /* planes of a band may be nearer to each other */
        const nnz_walks_source walks = walks_of(run->exec->op, &run->shape, t, &run->tables);
        product.walk = nnz_walks_at(&walks, run->tables.weights);
    }
    for (uint32_t kb = 0; kb < t->kblocks; kb += t->step) {
        const uint32_t end = (uint32_t)nnz_min(kb + t->step, t->kblocks), column = kb * t->kblock;
        if (!t->direct)
            pack_block(run, pack, &product.block, column, (uint32_t)nnz_min(end * t->kblock, matrix->cols));
        spmm.x = t->direct ? x + first + column * pack.channel_stride : packed;
        spmm.cursor = cursor + kb;
        spmm.offset = t->shared ? run->tables.offset + column : NULL;
        nnz_product_step(&product, &spmm, kb, end);
    }
}

/* Task i, from the first or from the last one on: an image, a block of its tiles, a part of the rows. */
static void task(void *context, uint32_t i, uint32_t worker) {
    const conv_run *run = context;
    const nnz_tiling *t = run->tiling;
    const nnz_tiling_task at = nnz_tiling_task_at(t, run->backwards ? run->tasks - 1 - i : i);
    const conv_part part = {
        .x = nnz_planes_of(nnz_exec_input(run->exec, NNZ_CONV_X), &run->shape.in, run->plan->x_stride, at.image),
        .y = nnz_planes_of(nnz_exec_output(run->exec, 0), &run->shape.out, run->plan->y_stride, at.image),
        .image = at.image,
        .first = at.first,
        .pixels = nnz_tiling_task_pixels(t, &at, pixels_of(&run->shape)),
        .tile = t->tile,
        .tiles = at.tiles,
        .part = at.part,
        .worker = worker,
    };
    run_part(run, &part);
}

static conv_run begin(const nnz_exec *exec, const nnz_conv_shape *s) {
    const conv_plan *p = exec->plan;
    conv_run r = {
        .exec = exec,
        .plan = p,
        .tiling = &p->tiling,
        .shape = *s,
        .activation = nnz_activation_of(exec->op, NNZ_CONV_SLOPE, p->activation),
        .pack = (nnz_pack_f32_fn)nnz_kernel_at(exec->op, p->pack)->function,
        .spmm = (nnz_spmm_f32_fn)exec->kernel->function,
        .expand = nnz_narrow_function(exec->op, p->expand),
        .bias = nnz_exec_input(exec, NNZ_CONV_BIAS),
        .residual = nnz_exec_input(exec, NNZ_CONV_RESIDUAL),
    };
    lay_out(&p->tiling, &r.shape, (uint8_t *)(uintptr_t)p, &r.tables);
    return r;
}

/* Every other operator begins with its last pixels: they are what the caches still have of the operator before. Threads
 * keep to their own pixels instead. */
static void run(const nnz_exec *exec) {
    nnz_conv_shape s;
    nnz_conv_shape_of(exec->op, &s, NULL);
    if (nnz_winograd_takes(&s, exec->config->isa)) {
        nnz_winograd_run(exec, &s);
        return;
    }
    conv_run r = begin(exec, &s);
    r.tasks = r.shape.in.n * r.tiling->blocks * r.tiling->parts;
    r.backwards = !NNZ_ONLY_SMALL && exec->config->threads == 1 && exec->op->id % 2;
    nnz_exec_parallel(exec, task, &r, r.tasks);
}

/* Tables of the im2col stand for 16 pixels each: bands begin at multiples of that. */
static bool rows(const nnz_op *op, nnz_rows *rows) {
    nnz_conv_shape s;
    nnz_conv_shape_of(op, &s, NULL);
    const bool possible = nnz_window_rows(&s.in, &s.out, &s.window, rows);
    rows->residual = nnz_op_input(op, NNZ_CONV_RESIDUAL);
    if (nnz_winograd_fits(&s)) {
        nnz_winograd_rows(&s, rows);
        return possible;
    }
    const nnz_shared_rows shared = nnz_im2col_share(&s.window); /* packs whole vectors of whole rows */
    rows->reach = shared.more_rows * s.window.stride_h + shared.window.kernel_h;
    if (shared.more_rows * s.out.w % 16)
        rows->reach += s.window.stride_h;
    while (rows->step * s.out.w % 16)
        rows->step *= 2;
    rows->lines = nnz_window_is_pointwise(&s.window);
    return possible;
}

/* A band is cut into tiles of equal width. */
static void run_band(const nnz_exec *exec, const nnz_band *band) {
    nnz_conv_shape s;
    nnz_conv_shape_of(exec->op, &s, NULL);
    if (nnz_winograd_takes(&s, exec->config->isa)) {
        nnz_winograd_run_band(exec, &s, band);
        return;
    }
    const conv_run r = begin(exec, &s);
    const uint32_t width = r.shape.out.w, end = band->end * width, most = r.tiling->tile / 16;
    const uint32_t vectors = nnz_ceil_div((band->end - band->begin) * width, 16), tiles = nnz_ceil_div(vectors, most);
    conv_part part = {.x = band->x, .y = band->y, .image = band->image, .worker = band->worker};
    part.tile = 16 * nnz_ceil_div(vectors, tiles);
    for (part.first = band->begin * width; part.first < end; part.first += part.pixels) {
        part.pixels = (uint32_t)nnz_min(end - part.first, r.tiling->block * (size_t)part.tile);
        part.tiles = nnz_ceil_div(part.pixels, part.tile);
        for (part.part = 0; part.part < r.tiling->parts; part.part++)
            run_part(&r, &part);
    }
}

/* A task reads the residual of each output before it writes that output, and no other task touches it. */
static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op;
    return i == NNZ_CONV_RESIDUAL;
}

const nnz_op_impl nnz_op_conv = {
    .kind = NNZ_OP_CONV,
    .user_memory = true,
    .name = "conv",
    .check = nnz_conv_check,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .rows = NNZ_ONLY_SMALL ? NULL : rows,
    .run_band = NNZ_ONLY_SMALL ? NULL : run_band,
    .in_place = in_place,
};
