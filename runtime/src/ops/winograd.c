#include "winograd.h"

#include "activation.h"
#include "block.h"
#include "work.h"

enum {
    POINTS = NNZ_WINOGRAD_POINTS,
    SQUARE = POINTS * POINTS,
    PANEL = 8,               /* rows of a panel of dense weights */
    GROUP = 16,              /* rows whose products wait for their transform: L2 holds them beside the inputs */
    MOST_TILES = 160,        /* of a block */
    INPUT_BYTES = 640 << 10, /* of a block, transformed */
    VECTOR_TILES = 16,       /* a thread's are not fewer while rows can be shared instead */
    WIDEST = 96,             /* pixels of a call of the dense kernel: three vectors at a time */
};

/* Behind it: the weights. */
typedef struct winograd_plan {
    uint32_t input, output, product, activation;  /* positions of kernels */
    uint32_t block, blocks, parts;                /* tile rows of a block; blocks of an image; parts of the rows */
    uint32_t x_stride, y_stride, residual_stride; /* elements between planes of whole tensors */
} winograd_plan;

/* How outputs are cut into tiles of m x m. */
typedef struct geometry {
    uint32_t stride, taps, m; /* taps along a side of a phase */
    uint32_t columns;         /* channels by phases */
    uint32_t tiles, rows;     /* of a row; rows of them */
} geometry;

static geometry geometry_of(const nnz_conv_shape *s) {
    geometry g = {.stride = s->window.stride_h};
    g.taps = nnz_ceil_div(s->window.kernel_h, g.stride);
    g.m = POINTS + 1 - g.taps;
    g.columns = s->in.c * g.stride * g.stride;
    g.tiles = nnz_ceil_div(s->out.w, g.m);
    g.rows = nnz_ceil_div(s->out.h, g.m);
    return g;
}

/* By measurement (docs/EXPERIMENTS.md): transforms are shared by many rows and columns, tiles fill a vector, and the
 * weights, up to four times as many as in the file, do not come from memory. */
bool nnz_winograd_fits(const nnz_conv_shape *s) {
    enum { LEAST_ROWS = 64, LEAST_COLUMNS = 12, LEAST_TILES = 16, WEIGHT_BYTES = 16 << 20 };
    const nnz_window *w = &s->window;
    const uint32_t kernel = w->kernel_h, stride = w->stride_h;
    if (s->matrix->encoding != NNZ_DENSE || s->matrix->dtype != NNZ_FLOAT32 || kernel != w->kernel_w ||
        stride != w->stride_w || w->dilation_h != 1 || w->dilation_w != 1 || stride > 2 || kernel <= 2 * stride ||
        kernel > 4 * stride)
        return false;
    const geometry g = geometry_of(s);
    const uint64_t column_bytes = SQUARE * sizeof(float) * (uint64_t)g.columns;
    return s->matrix->rows >= LEAST_ROWS && g.columns >= LEAST_COLUMNS && g.rows * (uint64_t)g.tiles >= LEAST_TILES &&
           g.tiles <= MOST_TILES && column_bytes * g.tiles <= INPUT_BYTES &&
           column_bytes * s->matrix->rows <= WEIGHT_BYTES;
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

/* Elements: panels of 8 rows, the last one filled up. */
static uint64_t weights_size(const nnz_conv_shape *s, const geometry *g) {
    return nnz_align(s->matrix->rows, PANEL) * SQUARE * g->columns;
}

/* G w: the polynomial with coefficients w at each point, over what its factor of the others is there. */
static void evaluate(const geometry *g, const double *w, uint32_t step, double *points) {
    static const double at[] = {0, NNZ_WINOGRAD_A, -NNZ_WINOGRAD_A, NNZ_WINOGRAD_B, -NNZ_WINOGRAD_B};
    static const double factor[] = {1, -1.5, -1.5, 6, 6};
    for (uint32_t i = 0; i + 1 < POINTS; i++) {
        double sum = 0;
        for (uint32_t k = g->taps; k-- > 0;)
            sum = sum * at[i] + w[k * step];
        points[i] = sum / factor[i];
    }
    points[POINTS - 1] = w[(g->taps - 1) * step];
}

/* G w G^T of a phase of a channel: tap (k, l) of it is tap (py + stride k, px + stride l) of the window, if there. */
static void transform_taps(const nnz_conv_shape *s, const geometry *g, uint32_t phase, const float *w, size_t step,
                           double *points) {
    enum { TAPS = 4 };
    const uint32_t kernel = s->window.kernel_h;
    double taps[TAPS * TAPS], rows[TAPS * POINTS];
    for (uint32_t k = 0; k < g->taps; k++) {
        for (uint32_t l = 0; l < g->taps; l++) {
            const uint32_t y = phase / g->stride + g->stride * k, x = phase % g->stride + g->stride * l;
            taps[l] = y < kernel && x < kernel ? w[(y * kernel + x) * step] : 0;
        }
        evaluate(g, taps, 1, rows + (size_t)k * POINTS);
    }
    for (uint32_t j = 0; j < POINTS; j++) {
        double column[POINTS];
        evaluate(g, rows + j, POINTS, column);
        for (uint32_t i = 0; i < POINTS; i++)
            points[i * POINTS + j] = column[i];
    }
}

/* The weights of a group of rows, or the last rows: [points][panels][columns][PANEL]. */
static size_t group_begin(const geometry *g, uint32_t row) {
    return (size_t)row * SQUARE * g->columns;
}
static uint32_t group_rows(const nnz_matrix_record *m, uint32_t row) {
    return (uint32_t)nnz_min(GROUP, m->rows - row);
}

static void fill_weights(const nnz_op *op, const nnz_conv_shape *s, const geometry *g, float *weights) {
    const float *values = nnz_model_data(op->model, s->matrix->values);
    const uint32_t cols = s->matrix->cols, phases = g->stride * g->stride;
    const uint32_t window = s->window.kernel_h * s->window.kernel_w;
    for (uint32_t row = 0; row < nnz_align(s->matrix->rows, PANEL); row++) {
        const uint32_t first = row / GROUP * GROUP, panel = row % GROUP / PANEL;
        const size_t padded = (size_t)nnz_align(group_rows(s->matrix, first), PANEL);
        const float *from = values + (size_t)(row / PANEL) * cols * PANEL + row % PANEL;
        for (uint32_t k = 0; k < g->columns; k++) {
            double points[SQUARE];
            transform_taps(s, g, k % phases, from + (size_t)(k / phases) * window * PANEL, PANEL, points);
            float *to = weights + group_begin(g, first) + ((size_t)panel * g->columns + k) * PANEL + row % PANEL;
            for (uint32_t p = 0; p < SQUARE; p++)
                to[p * padded * g->columns] = (float)points[p];
        }
    }
}

/* ---- Planning ---------------------------------------------------------------------------------------------------- */

/* Blocks that L2 holds, for each thread one; or where their tiles were fewer than a vector, parts of the rows. */
static void choose_blocks(const nnz_conv_shape *s, const geometry *g, uint32_t threads, winograd_plan *p) {
    const uint64_t row_bytes = SQUARE * sizeof(float) * (uint64_t)g->columns * g->tiles;
    const uint32_t most = (uint32_t)nnz_min(MOST_TILES / g->tiles, (size_t)(INPUT_BYTES / row_bytes));
    uint32_t blocks = nnz_ceil_div(g->rows, most < 1 ? 1 : most);
    if (threads > 1 && s->in.n < threads) {
        const uint32_t shared = nnz_ceil_div(nnz_ceil_div(blocks * s->in.n, threads) * threads, s->in.n);
        const uint32_t vectors = (uint32_t)nnz_min((uint64_t)g->rows * g->tiles / VECTOR_TILES, g->rows);
        blocks = (uint32_t)nnz_min(shared, vectors > blocks ? vectors : blocks);
    }
    p->block = nnz_ceil_div(g->rows, blocks);
    p->blocks = nnz_ceil_div(g->rows, p->block);
    const uint32_t tasks = p->blocks * s->in.n, groups = nnz_ceil_div(s->matrix->rows, GROUP);
    p->parts = tasks >= threads ? 1 : (uint32_t)nnz_min(nnz_ceil_div(threads, tasks), groups);
}

uint64_t nnz_winograd_plan_size(const nnz_conv_shape *s) {
    const geometry g = geometry_of(s);
    return nnz_align(sizeof(winograd_plan), NNZ_PLAN_UNIT) + weights_size(s, &g) * sizeof(float);
}

static float *weights_of(const winograd_plan *p) {
    return (float *)((uintptr_t)p + (size_t)nnz_align(sizeof *p, NNZ_PLAN_UNIT));
}

/* A thread's scratch, in elements: the transformed inputs, the products with a cache line behind them, and lines of x.
 */
typedef struct scratch {
    size_t pitch; /* between columns of inputs, and rows of products */
    size_t products, lines, end;
} scratch;

static scratch scratch_of(const geometry *g, uint32_t block) {
    scratch s = {.pitch = (size_t)nnz_align((uint64_t)block * g->tiles, NNZ_LINE)};
    s.products = s.pitch * SQUARE * g->columns;
    s.lines = s.products + s.pitch * SQUARE * GROUP + NNZ_LINE;
    s.end = s.lines + nnz_winograd_lines(g->stride, g->m, block, g->tiles);
    return s;
}

nnz_status nnz_winograd_plan(const nnz_op *op, const nnz_conv_shape *s, const nnz_config *config, void *memory,
                             nnz_op_needs *needs, nnz_error *error) {
    winograd_plan *p = memory;
    const geometry g = geometry_of(s);
    const nnz_kernel *output, *product;
    nnz_status status;
    if ((status = nnz_op_kernel(op, config, NNZ_FAMILY_WINOGRAD_INPUT_F32, &needs->kernel, error)) ||
        (status = nnz_op_kernel(op, config, NNZ_FAMILY_WINOGRAD_OUTPUT_F32, &output, error)) ||
        (status = nnz_op_kernel(op, config, NNZ_FAMILY_SPMM_F32_DENSE, &product, error)) ||
        (status = nnz_activation_plan(op, config, NNZ_CONV_SLOPE, &p->activation, error)))
        return status;
    p->output = nnz_kernel_id(op, output);
    p->product = nnz_kernel_id(op, product);
    p->x_stride = (uint32_t)nnz_plane_stride(op->model, op->inputs[NNZ_CONV_X], config->isa);
    p->y_stride = (uint32_t)nnz_plane_stride(op->model, op->outputs[0], config->isa);
    if (op->inputs[NNZ_CONV_RESIDUAL] != NNZ_NONE)
        p->residual_stride = (uint32_t)nnz_plane_stride(op->model, op->inputs[NNZ_CONV_RESIDUAL], config->isa);
    choose_blocks(s, &g, config->threads, p);
    fill_weights(op, s, &g, weights_of(p));
    needs->scratch = scratch_of(&g, p->block).end * sizeof(float);
    return NNZ_OK;
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

typedef struct winograd_run {
    const nnz_exec *exec;
    const winograd_plan *plan;
    const nnz_conv_shape *shape;
    geometry geometry;
    nnz_activation activation;
    nnz_winograd_output_f32_fn output;
    nnz_spmm_f32_fn product;
} winograd_run;

/* Neighbouring tile rows of an image, and groups of rows of the weights. */
typedef struct winograd_block {
    nnz_planes x, y; /* of the image */
    uint32_t image, first, tile_rows;
    uint32_t group, group_end; /* of the rows of the weights */
    uint32_t worker;
} winograd_block;

static void transform_inputs(const winograd_run *run, const winograd_block *b, const scratch *at, float *memory) {
    const geometry *g = &run->geometry;
    const nnz_window *w = &run->shape->window;
    const nnz_winograd_input_f32_fn input = (nnz_winograd_input_f32_fn)run->exec->kernel->function;
    nnz_winograd_input_f32 a = {
        .x = (const float *)(const void *)b->x.row0,
        .height = run->shape->in.h,
        .width = run->shape->in.w,
        .top = (int32_t)(b->first * g->m * g->stride) - (int32_t)w->pad_top,
        .left = -(int32_t)w->pad_left,
        .stride = g->stride,
        .m = g->m,
        .tile_rows = b->tile_rows,
        .tiles = g->tiles,
        .v = memory,
        .ldpoint = at->pitch * g->columns,
        .ldv = at->pitch,
        .lines = memory + at->lines,
    };
    for (uint32_t c = 0; c < run->shape->in.c; c++) {
        input(&a);
        a.x += b->x.stride / sizeof(float);
        a.v += g->stride * g->stride * at->pitch;
    }
}

/* The products of `rows` rows of a group that begins with `row`, point by point. */
static void multiply(const winograd_run *run, const winograd_block *b, const scratch *at, float *memory, uint32_t row,
                     uint32_t rows) {
    const geometry *g = &run->geometry;
    const uint32_t tiles = b->tile_rows * g->tiles;
    const size_t weights = (size_t)nnz_align(rows, PANEL) * g->columns;
    nnz_block block = {.kernel = run->product, .tiles = nnz_ceil_div(tiles, WIDEST), .tile = WIDEST, .x_step = WIDEST};
    block.last_tile = tiles - (block.tiles - 1) * WIDEST;
    nnz_spmm_f32 a = {
        .x = memory,
        .ldx = (uint32_t)at->pitch,
        .y = memory + at->products,
        .ldy = at->pitch,
        .row_end = rows,
        .values = weights_of(run->plan) + group_begin(g, row),
        .cols = g->columns,
        .kblock = g->columns,
        .kblock_end = 1,
        .first = true,
    };
    for (uint32_t point = 0; point < SQUARE; point++) {
        nnz_block_run(&block, &a);
        a.x += at->pitch * g->columns;
        a.y += at->pitch * GROUP;
        a.values += weights;
    }
}

static void transform_outputs(const winograd_run *run, const winograd_block *b, const scratch *at, const float *memory,
                              uint32_t row, uint32_t rows) {
    const geometry *g = &run->geometry;
    const nnz_map *out = &run->shape->out;
    const uint32_t top = b->first * g->m;
    const size_t first = (size_t)top * out->w, residual_stride = run->plan->residual_stride;
    const float *bias = nnz_exec_input(run->exec, NNZ_CONV_BIAS);
    const float *residual = nnz_exec_input(run->exec, NNZ_CONV_RESIDUAL);
    const nnz_winograd_output_f32 a = {
        .products = memory + at->products,
        .ldpoint = at->pitch * GROUP,
        .ldproducts = at->pitch,
        .y = (float *)(void *)(b->y.row0 + row * b->y.stride) + first,
        .ldy = b->y.stride / sizeof(float),
        .height = (uint32_t)nnz_min(out->h - top, b->tile_rows * g->m),
        .width = out->w,
        .m = g->m,
        .rows = rows,
        .tile_rows = b->tile_rows,
        .tiles = g->tiles,
        .bias = bias ? bias + row : NULL,
        .residual = residual ? residual + (b->image * (size_t)out->c + row) * residual_stride + first : NULL,
        .ldr = residual_stride,
        .lo = run->activation.lo,
        .hi = run->activation.hi,
    };
    run->output(&a);
    nnz_activation_rows(&run->activation, row, rows, a.y, a.ldy, (size_t)a.height * a.width);
}

static void run_block(const winograd_run *run, const winograd_block *b) {
    const scratch at = scratch_of(&run->geometry, run->plan->block);
    float *memory = nnz_exec_scratch(run->exec, b->worker);
    transform_inputs(run, b, &at, memory);
    for (uint32_t i = b->group; i < b->group_end; i++) {
        const uint32_t row = i * GROUP, rows = group_rows(run->shape->matrix, row);
        multiply(run, b, &at, memory, row, rows);
        transform_outputs(run, b, &at, memory, row, rows);
    }
}

/* Task i: an image, a block of its tile rows, a part of the rows. */
static void task(void *context, uint32_t i, uint32_t worker) {
    const winograd_run *run = context;
    const winograd_plan *p = run->plan;
    const uint32_t image = i / (p->blocks * p->parts), in_image = i % (p->blocks * p->parts);
    const uint32_t part = in_image / p->blocks, groups = nnz_ceil_div(run->shape->matrix->rows, GROUP);
    winograd_block b = {
        .x = nnz_planes_of(nnz_exec_input(run->exec, NNZ_CONV_X), &run->shape->in, p->x_stride, image),
        .y = nnz_planes_of(nnz_exec_output(run->exec, 0), &run->shape->out, p->y_stride, image),
        .image = image,
        .first = in_image % p->blocks * p->block,
        .group = (uint32_t)nnz_part(groups, p->parts, part),
        .group_end = (uint32_t)nnz_part(groups, p->parts, part + 1),
        .worker = worker,
    };
    b.tile_rows = (uint32_t)nnz_min(p->block, run->geometry.rows - b.first);
    run_block(run, &b);
}

static winograd_run begin(const nnz_exec *exec, const nnz_conv_shape *s) {
    const winograd_plan *p = exec->plan;
    return (winograd_run){
        .exec = exec,
        .plan = p,
        .shape = s,
        .geometry = geometry_of(s),
        .activation = nnz_activation_of(exec->op, NNZ_CONV_SLOPE, p->activation),
        .output = (nnz_winograd_output_f32_fn)nnz_kernel_at(exec->op, p->output)->function,
        .product = (nnz_spmm_f32_fn)nnz_kernel_at(exec->op, p->product)->function,
    };
}

void nnz_winograd_run(const nnz_exec *exec, const nnz_conv_shape *s) {
    winograd_run r = begin(exec, s);
    nnz_exec_parallel(exec, task, &r, s->in.n * r.plan->blocks * r.plan->parts);
}

/* Tiles have the same rows in every band, and all that exist of the inputs that they overlap. */
void nnz_winograd_rows(const nnz_conv_shape *s, nnz_rows *rows) {
    const geometry g = geometry_of(s);
    rows->reach = g.taps * g.stride;
    rows->step = g.m;
}

void nnz_winograd_run_band(const nnz_exec *exec, const nnz_conv_shape *s, const nnz_band *band) {
    const winograd_run r = begin(exec, s);
    const uint32_t m = r.geometry.m, end = nnz_ceil_div(band->end, m);
    winograd_block b = {
        .x = band->x,
        .y = band->y,
        .image = band->image,
        .group_end = nnz_ceil_div(s->matrix->rows, GROUP),
        .worker = band->worker,
    };
    for (b.first = band->begin / m; b.first < end; b.first += b.tile_rows) {
        b.tile_rows = (uint32_t)nnz_min(r.plan->block, end - b.first);
        run_block(&r, &b);
    }
}
