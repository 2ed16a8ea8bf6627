/* spmm_f32_* against the product in double precision, in steps over rows and K-blocks as conv takes them. */
#include "matrix.h"
#include "ops/pairs.h"
#include "ops/walks.h"

#include <math.h>
#include <stdio.h>

/* What stays the same over the steps of a product; y[r][p] at y + r ldy + p, and the residual likewise. */
typedef struct product {
    check_matrix m;
    uint32_t pixels, ldx;
    size_t ldy, ldr;
    float *x, *y;
    uint32_t *offset; /* of the columns of x; NULL: k ldx */
    float *bias, *residual;
    float lo, hi;
} product;

static const float *column_of(const product *p, uint32_t k) {
    return p->x + (p->offset ? p->offset[k] : (size_t)k * p->ldx);
}

/* One call: rows [row_begin, row_end), K-blocks [kblock_begin, kblock_end). `cursor` as in the contract. */
static nnz_spmm_f32 arguments(const product *p, uint32_t row_begin, uint32_t row_end, uint32_t kblock_begin,
                              uint32_t kblock_end, uint32_t *cursor) {
    return (nnz_spmm_f32){
        .x = p->offset ? p->x : column_of(p, kblock_begin * p->m.kblock),
        .ldx = p->ldx,
        .offset = p->offset ? p->offset + (size_t)kblock_begin * p->m.kblock : NULL,
        .y = p->y,
        .ldy = p->ldy,
        .pixels = p->pixels,
        .row_begin = row_begin,
        .row_end = row_end,
        .values = p->m.values,
        .index = p->m.index,
        .count = p->m.count,
        .cursor = cursor,
        .groups = p->m.groups,
        .cols = p->m.cols,
        .kblock = p->m.kblock,
        .kblock_begin = kblock_begin,
        .kblock_end = kblock_end,
        .bias = p->bias,
        .residual = p->residual,
        .ldr = p->ldr,
        .first = kblock_begin == 0,
        .last = kblock_end == p->m.kblocks,
        .lo = p->lo,
        .hi = p->hi,
    };
}

static void check_cursors(check *c, const product *p, const nnz_spmm_f32 *a) {
    for (uint32_t kb = a->kblock_begin; kb < a->kblock_end && !p->m.dense; kb++) {
        const uint32_t want = check_matrix_cursor(&p->m, kb, a->row_end), got = a->cursor[kb - a->kblock_begin];
        if (got != want)
            check_fail(c, "the cursor of K-block %u is %u after row %u, not %u", kb, got, a->row_end, want);
    }
}

/* Rows [row_begin, row_end) in random steps over the K-blocks, each in one or two ranges of rows. */
static void multiply(check *c, const product *p, uint32_t row_begin, uint32_t row_end) {
    uint32_t *cursor = check_zeros(p->m.kblocks * sizeof *cursor);
    for (uint32_t kb = 0, next; kb < p->m.kblocks; kb = next) {
        next = check_random(kb + 1, p->m.kblocks);
        for (uint32_t i = kb; i < next && !p->m.dense; i++)
            cursor[i - kb] = check_matrix_cursor(&p->m, i, row_begin);
        uint32_t middle = check_matrix_row(&p->m);
        if (middle <= row_begin || middle >= row_end)
            middle = row_end;
        for (uint32_t begin = row_begin, end = middle; begin < row_end; begin = end, end = row_end) {
            const nnz_spmm_f32 a = arguments(p, begin, end, kb, next, cursor);
            ((nnz_spmm_f32_fn)c->kernel)(&a);
            check_cursors(c, p, &a);
        }
    }
}

static void check_result(check *c, const product *p, uint32_t row_begin, uint32_t row_end) {
    const check_matrix *m = &p->m;
    char what[100];
    snprintf(what, sizeof what, "%u x %u, K-blocks of %u, %u pixels, rows %u to %u", m->rows, m->cols, m->kblock,
             p->pixels, row_begin, row_end);
    for (uint32_t r = 0; r < m->rows && !c->failed; r++)
        for (uint32_t i = 0; i < p->pixels || (r + 1 < m->rows && i < p->ldy); i++) {
            const size_t at = r * p->ldy + i;
            if (i >= p->pixels || r < row_begin || r >= row_end) {
                if (!check_untouched(p->y[at]))
                    check_fail(c, "%s: wrote row %u, pixel %u", what, r, i);
                continue;
            }
            double sum = (p->bias ? p->bias[r] : 0.0) + (p->residual ? p->residual[r * p->ldr + i] : 0.0),
                   magnitude = fabs(sum);
            for (uint32_t k = 0; k < m->cols; k++) {
                const double term = (double)m->plain[(size_t)r * m->cols + k] * column_of(p, k)[i];
                sum += term;
                magnitude += fabs(term);
            }
            check_close(c, what, at, p->y[at], check_clipped(sum, p->lo, p->hi), 2e-6 * magnitude + 1e-7);
        }
}

/* Columns that share their pixels: each begins anywhere. */
static void make_shared_tile(product *p) {
    enum { MORE = 300 };
    p->ldx = (p->pixels + 15) / 16 * 16;
    p->x = check_input_slack(MORE + p->ldx, 0);
    p->offset = check_zeros(p->m.cols * sizeof *p->offset);
    for (uint32_t k = 0; k < p->m.cols; k++)
        p->offset[k] = check_random(0, MORE);
}

/* A packed tile: pixels beyond the last are readable, and of no use. */
static void make_tile(product *p, uint32_t margin) {
    const uint32_t width = (p->pixels + 15) / 16 * 16;
    p->ldx = width + 16 * margin;
    const size_t n = (size_t)(p->m.cols - 1) * p->ldx + width;
    p->x = check_input_slack(n, 0);
    for (size_t i = 0; i < n; i++)
        if (i % p->ldx >= p->pixels)
            p->x[i] = NAN;
}

/* A random product over at most so many pixels. */
static product make_product(uint32_t height, bool dense, uint32_t most_pixels) {
    product p = {0};
    const uint32_t rows = check_random(1, check_chance(20) ? 90 : 40),
                   cols = check_random(1, check_chance(20) ? 700 : 60);
    const uint32_t kblocks = (cols + 255) / 256, kblock = (cols + kblocks - 1) / kblocks;
    check_matrix_make(&p.m, rows, cols, check_chance(50) ? kblock : check_random((cols + 7) / 8, kblock), height, dense,
                      check_percent());
    p.pixels = check_random(1, most_pixels);
    if (check_chance(40))
        make_shared_tile(&p);
    else
        make_tile(&p, check_random(0, 1));
    p.ldy = p.pixels + check_random(0, 20);
    p.ldr = p.pixels + check_random(0, 20);
    const size_t outputs = (rows - 1) * p.ldy + p.pixels;
    p.y = check_output(outputs, check_random(0, 15));
    p.bias = check_chance(70) ? check_input(rows) : NULL;
    p.residual = check_chance(40) ? check_input((rows - 1) * p.ldr + p.pixels) : NULL;
    check_clip(&p.lo, &p.hi);
    return p;
}

/* All rows, or some neighbouring ones. */
static void choose_rows(const product *p, uint32_t *begin, uint32_t *end) {
    *begin = 0;
    *end = p->m.rows;
    if (!check_chance(30))
        return;
    *begin = check_matrix_row(&p->m);
    if (check_chance(50))
        *end = check_matrix_row(&p->m);
    if (*end <= *begin)
        *end = p->m.rows;
}

static void spmm_round(check *c, uint32_t height, bool dense) {
    const product p = make_product(height, dense, NNZ_TILE_MAX);
    uint32_t begin, end;
    choose_rows(&p, &begin, &end);
    multiply(c, &p, begin, end);
    check_guards(c, p.y);
    if (!c->failed)
        check_result(c, &p, begin, end);
}

/* ---- Pairs of rows ----------------------------------------------------------------------------------------------- */

/* The matrix of a product cut anew, into K-blocks no longer than its own, and for `parts` parts of the rows. */
static nnz_pairs_source pairs_source(const product *p, uint32_t kblock, uint32_t parts, const uint32_t *begin) {
    const check_matrix *m = &p->m;
    return (nnz_pairs_source){
        .rows = m->rows,
        .cols = m->cols,
        .blocks = m->blocks,
        .kblock = kblock,
        .kblocks = (m->cols + kblock - 1) / kblock,
        .parts = parts,
        .part_begin = begin,
        .packed = true,
        .pitch = p->ldx,
        .offset = p->offset,
        .file_kblock = m->kblock,
        .values = m->values,
        .index = m->index,
        .count = m->count,
        .start = m->start,
    };
}

static void *make_pairs(const nnz_pairs_source *source) {
    void *memory = check_memory((size_t)nnz_pairs_bytes(source));
    nnz_pairs_fill(source, memory);
    return memory;
}

/* A K-block of the pairs; `sums` or NULL. */
static nnz_spmm_f32 pairs_arguments(const product *p, const nnz_pairs_source *source, const void *memory, uint32_t kb,
                                    uint32_t part, float *sums) {
    product cut = *p;
    cut.m.kblock = source->kblock;
    cut.m.kblocks = source->kblocks;
    nnz_spmm_f32 a = arguments(&cut, 0, 0, kb, kb + 1, NULL);
    a.values = NULL;
    a.index = NULL;
    a.count = NULL;
    a.offset = NULL;
    a.pairs = nnz_pairs_at(memory, kb * source->parts + part, source->packed ? NNZ_PAIRS_UNIT : p->ldx);
    a.sums = sums;
    a.ldsums = (p->pixels + 15) / 16 * 16;
    return a;
}

static void pairs_round(check *c) {
    const product p = make_product(1, false, NNZ_PAIRS_PIXELS(check_isa(c)));
    for (uint32_t k = 0; p.offset && k < p.m.cols; k++)
        p.offset[k] -= p.offset[k] % NNZ_PAIRS_UNIT;
    const uint32_t middle = check_random(0, p.m.rows), begin[] = {0, middle, p.m.rows};
    const uint32_t parts = check_random(1, 2), kblock = check_random((p.m.kblock + 1) / 2, p.m.kblock);
    nnz_pairs_source source = pairs_source(&p, kblock, parts, parts == 1 ? NULL : begin);
    source.packed = p.offset || check_chance(50);
    const void *memory = make_pairs(&source);
    float *sums = check_chance(50) ? check_output((size_t)p.m.rows * ((p.pixels + 15) / 16 * 16), 0) : NULL;
    for (uint32_t kb = 0; kb < source.kblocks; kb++)
        for (uint32_t part = 0; part < parts; part++) {
            const nnz_spmm_f32 a = pairs_arguments(&p, &source, memory, kb, part, sums);
            ((nnz_spmm_f32_fn)c->kernel)(&a);
        }
    check_guards(c, p.y);
    if (sums)
        check_guards(c, sums);
    if (!c->failed)
        check_result(c, &p, 0, p.m.rows);
}

/* ---- Blocks as they are walked ----------------------------------------------------------------------------------- */

static nnz_walks_source walks_source(const product *p, uint32_t walk) {
    const check_matrix *m = &p->m;
    return (nnz_walks_source){
        .groups = m->groups,
        .cols = m->cols,
        .blocks = m->blocks,
        .kblock = m->kblock,
        .kblocks = m->kblocks,
        .walk = walk,
        .pitch = p->ldx,
        .offset = p->offset,
        .values = m->values,
        .index = m->index,
        .count = m->count,
        .start = m->start,
    };
}

static nnz_walk make_walks(const nnz_walks_source *source) {
    void *memory = check_memory((size_t)nnz_walks_bytes(source));
    nnz_walks_fill(source, memory);
    return nnz_walks_at(source, memory);
}

/* The walk that begins with K-block kb, for some rows. */
static nnz_spmm_f32 walk_arguments(const product *p, const nnz_walks_source *source, nnz_walk first, uint32_t kb,
                                   uint32_t begin, uint32_t end) {
    const uint32_t kblock_end = kb + source->walk < p->m.kblocks ? kb + source->walk : p->m.kblocks;
    nnz_spmm_f32 a = arguments(p, begin, end, kb, kblock_end, NULL);
    a.values = NULL;
    a.index = NULL;
    a.count = NULL;
    a.offset = NULL;
    a.walk = first;
    a.walk.start += (size_t)(kb / source->walk) * (source->groups + 1);
    return a;
}

static void walks_round(check *c) {
    const product p = make_product(4, false, NNZ_TILE_MAX);
    const nnz_walks_source source = walks_source(&p, check_random(1, p.m.kblocks));
    const nnz_walk first = make_walks(&source);
    uint32_t begin, end;
    choose_rows(&p, &begin, &end);
    for (uint32_t kb = 0; kb < p.m.kblocks; kb += source.walk) {
        const nnz_spmm_f32 a = walk_arguments(&p, &source, first, kb, begin, end);
        ((nnz_spmm_f32_fn)c->kernel)(&a);
    }
    check_guards(c, p.y);
    if (!c->failed)
        check_result(c, &p, begin, end);
}

/* ---- Speed ------------------------------------------------------------------------------------------------------- */

typedef struct spmm_case {
    nnz_spmm_f32_fn kernel;
    product p;
    uint32_t *cursor;
} spmm_case;

static void run_spmm(void *context) {
    const spmm_case *k = context;
    for (uint32_t kb = 0; kb < k->p.m.kblocks; kb++) {
        if (!k->p.m.dense)
            *k->cursor = k->p.m.start[kb];
        const nnz_spmm_f32 a = arguments(&k->p, 0, k->p.m.rows, kb, kb + 1, k->cursor);
        k->kernel(&a);
    }
}

static void spmm_bench(check *c, uint32_t height, bool dense) {
    static const uint32_t widths[] = {16, 48, 64, 96};
    spmm_case k = {.kernel = (nnz_spmm_f32_fn)c->kernel, .p = {.lo = 0, .hi = INFINITY}};
    check_matrix_make(&k.p.m, 256, 1152, 231, height, dense, 10);
    k.p.bias = check_input(256);
    k.cursor = check_zeros(sizeof *k.cursor);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        k.p.pixels = widths[i];
        k.p.ldy = widths[i];
        make_tile(&k.p, 0);
        k.p.y = check_output((size_t)256 * widths[i], 0);
        char label[64];
        snprintf(label, sizeof label, "256 x 1152, %s, %u pixels", dense ? "dense" : "90 %", widths[i]);
        check_rate(c, label, run_spmm, &k, (double)k.p.m.blocks * height * widths[i], "MAC");
    }
}

typedef struct pairs_case {
    nnz_spmm_f32_fn kernel;
    product p;
    nnz_pairs_source source;
    const void *memory;
} pairs_case;

static void run_pairs(void *context) {
    const pairs_case *k = context;
    for (uint32_t kb = 0; kb < k->source.kblocks; kb++) {
        const nnz_spmm_f32 a = pairs_arguments(&k->p, &k->source, k->memory, kb, 0, NULL);
        k->kernel(&a);
    }
}

static void pairs_bench(check *c) {
    const uint32_t widths[] = {16, 32, 48, NNZ_PAIRS_PIXELS(check_isa(c))};
    pairs_case k = {.kernel = (nnz_spmm_f32_fn)c->kernel, .p = {.lo = 0, .hi = INFINITY}};
    check_matrix_make(&k.p.m, 256, 1152, 231, 1, false, 10);
    k.p.bias = check_input(256);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        k.p.pixels = widths[i];
        k.p.ldy = widths[i];
        make_tile(&k.p, 0);
        k.source = pairs_source(&k.p, 128, 1, NULL);
        k.memory = make_pairs(&k.source);
        k.p.y = check_output((size_t)256 * widths[i], 0);
        char label[64];
        snprintf(label, sizeof label, "256 x 1152, 90 %%, %u pixels", widths[i]);
        check_rate(c, label, run_pairs, &k, (double)k.p.m.blocks * widths[i], "MAC");
    }
}

typedef struct walks_case {
    nnz_spmm_f32_fn kernel;
    product p;
    nnz_walks_source source;
    nnz_walk first;
} walks_case;

static void run_walks(void *context) {
    const walks_case *k = context;
    for (uint32_t kb = 0; kb < k->p.m.kblocks; kb += k->source.walk) {
        const nnz_spmm_f32 a = walk_arguments(&k->p, &k->source, k->first, kb, 0, k->p.m.rows);
        k->kernel(&a);
    }
}

static void walks_bench(check *c) {
    static const uint32_t widths[] = {48, 64, 96, 128};
    walks_case k = {.kernel = (nnz_spmm_f32_fn)c->kernel, .p = {.lo = 0, .hi = INFINITY}};
    check_matrix_make(&k.p.m, 256, 1152, 231, 4, false, 10);
    k.p.bias = check_input(256);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        k.p.pixels = widths[i];
        k.p.ldy = widths[i];
        make_tile(&k.p, 0);
        k.source = walks_source(&k.p, k.p.m.kblocks);
        k.first = make_walks(&k.source);
        k.p.y = check_output((size_t)256 * widths[i], 0);
        char label[64];
        snprintf(label, sizeof label, "256 x 1152, 90 %%, walked, %u pixels", widths[i]);
        check_rate(c, label, run_walks, &k, (double)k.p.m.blocks * 4 * widths[i], "MAC");
    }
}

static void dense_round(check *c) {
    spmm_round(c, 8, true);
}

static void dense_bench(check *c) {
    spmm_bench(c, 8, true);
}

static void u1_round(check *c) {
    spmm_round(c, 1, false);
}

static void u1_bench(check *c) {
    spmm_bench(c, 1, false);
}

static void rb4_round(check *c) {
    if (check_chance(50))
        walks_round(c);
    else
        spmm_round(c, 4, false);
}

static void rb4_bench(check *c) {
    spmm_bench(c, 4, false);
    walks_bench(c);
}

const check_test check_spmm_dense = {NNZ_FAMILY_SPMM_F32_DENSE, 400, dense_round, dense_bench};
const check_test check_spmm_u1 = {NNZ_FAMILY_SPMM_F32_U1, 400, u1_round, u1_bench};
const check_test check_spmm_rb4 = {NNZ_FAMILY_SPMM_F32_RB4, 400, rb4_round, rb4_bench};
const check_test check_spmm_u1_pairs = {NNZ_FAMILY_SPMM_F32_U1_PAIRS, 400, pairs_round, pairs_bench};
