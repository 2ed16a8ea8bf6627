/* spmm_f32_* against the product in double precision, in steps over rows and K-blocks as conv takes them. */
#include "ops/walks.h"
#include "product.h"

#include <math.h>
#include <stdio.h>

static void check_cursors(check *c, const check_product *p, const nnz_spmm_f32 *a) {
    for (uint32_t kb = a->kblock_begin; kb < a->kblock_end && !p->m.dense; kb++) {
        const uint32_t want = check_matrix_cursor(&p->m, kb, a->row_end), got = a->cursor[kb - a->kblock_begin];
        if (got != want)
            check_fail(c, "the cursor of K-block %u is %u after row %u, not %u", kb, got, a->row_end, want);
    }
}

/* Rows [row_begin, row_end) in random steps over the K-blocks, each in one or two ranges of rows. */
static void multiply(check *c, const check_product *p, uint32_t row_begin, uint32_t row_end) {
    uint32_t *cursor = check_zeros(p->m.kblocks * sizeof *cursor);
    for (uint32_t kb = 0, next; kb < p->m.kblocks; kb = next) {
        next = check_random(kb + 1, p->m.kblocks);
        for (uint32_t i = kb; i < next && !p->m.dense; i++)
            cursor[i - kb] = check_matrix_cursor(&p->m, i, row_begin);
        uint32_t middle = check_matrix_row(&p->m);
        if (middle <= row_begin || middle >= row_end)
            middle = row_end;
        for (uint32_t begin = row_begin, end = middle; begin < row_end; begin = end, end = row_end) {
            const nnz_spmm_f32 a = check_product_arguments(p, begin, end, kb, next, cursor);
            ((nnz_spmm_f32_fn)c->kernel)(&a);
            check_cursors(c, p, &a);
        }
    }
}

/* All rows, or some neighbouring ones. */
static void choose_rows(const check_product *p, uint32_t *begin, uint32_t *end) {
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

static void spmm_round(check *c) {
    const uint32_t height = check_matrix_height(c->form);
    const bool dense = c->form == NNZ_DENSE;
    const check_product p = check_product_make(height, dense, NNZ_TILE_MAX);
    uint32_t begin, end;
    choose_rows(&p, &begin, &end);
    multiply(c, &p, begin, end);
    check_guards(c, p.y);
    if (!c->failed)
        check_product_result(c, &p, begin, end);
}

/* ---- Blocks by walks --------------------------------------------------------------------------------------------- */

static nnz_walks_source walks_source(const check_product *p, uint32_t walk) {
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
static nnz_spmm_f32 walk_arguments(const check_product *p, const nnz_walks_source *source, nnz_walk first, uint32_t kb,
                                   uint32_t begin, uint32_t end) {
    const uint32_t kblock_end = kb + source->walk < p->m.kblocks ? kb + source->walk : p->m.kblocks;
    nnz_spmm_f32 a = check_product_arguments(p, begin, end, kb, kblock_end, NULL);
    a.values = NULL;
    a.index = NULL;
    a.count = NULL;
    a.offset = NULL;
    a.walk = first;
    a.walk.start += (size_t)(kb / source->walk) * (source->groups + 1);
    return a;
}

static void walks_round(check *c) {
    const check_product p = check_product_make(4, false, NNZ_TILE_MAX);
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
        check_product_result(c, &p, begin, end);
}

/* ---- Speed ------------------------------------------------------------------------------------------------------- */

typedef struct spmm_case {
    nnz_spmm_f32_fn kernel;
    check_product p;
    uint32_t *cursor;
} spmm_case;

static void run_spmm(void *context) {
    const spmm_case *k = context;
    for (uint32_t kb = 0; kb < k->p.m.kblocks; kb++) {
        if (!k->p.m.dense)
            *k->cursor = k->p.m.start[kb];
        const nnz_spmm_f32 a = check_product_arguments(&k->p, 0, k->p.m.rows, kb, kb + 1, k->cursor);
        k->kernel(&a);
    }
}

static void spmm_bench(check *c) {
    const uint32_t height = check_matrix_height(c->form);
    const bool dense = c->form == NNZ_DENSE;
    static const uint32_t widths[] = {16, 48, 64, 96};
    spmm_case k = {.kernel = (nnz_spmm_f32_fn)c->kernel, .p = {.lo = 0, .hi = INFINITY}};
    check_matrix_make(&k.p.m, 256, 1152, 231, height, dense, 10);
    k.p.bias = check_input(256);
    k.cursor = check_zeros(sizeof *k.cursor);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        k.p.pixels = widths[i];
        k.p.ldy = widths[i];
        check_product_tile(&k.p, 0);
        k.p.y = check_output((size_t)256 * widths[i], 0);
        char label[64];
        snprintf(label, sizeof label, "256 x 1152, %s, %u pixels", dense ? "dense" : "90 %", widths[i]);
        check_rate(c, label, run_spmm, &k, (double)k.p.m.blocks * height * widths[i], "MAC");
    }
}

typedef struct walks_case {
    nnz_spmm_f32_fn kernel;
    check_product p;
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
        check_product_tile(&k.p, 0);
        k.source = walks_source(&k.p, k.p.m.kblocks);
        k.first = make_walks(&k.source);
        k.p.y = check_output((size_t)256 * widths[i], 0);
        char label[64];
        snprintf(label, sizeof label, "256 x 1152, 90 %%, walked, %u pixels", widths[i]);
        check_rate(c, label, run_walks, &k, (double)k.p.m.blocks * 4 * widths[i], "MAC");
    }
}

static void rb4_round(check *c) {
    if (check_chance(50))
        walks_round(c);
    else
        spmm_round(c);
}

static void rb4_bench(check *c) {
    spmm_bench(c);
    walks_bench(c);
}

const check_test check_spmm_dense = {NNZ_FAMILY_SPMM_F32_DENSE, 400, spmm_round, spmm_bench, NNZ_DENSE};
const check_test check_spmm_u1 = {NNZ_FAMILY_SPMM_F32_U1, 400, spmm_round, spmm_bench, NNZ_U1};
const check_test check_spmm_rb4 = {NNZ_FAMILY_SPMM_F32_RB4, 400, rb4_round, rb4_bench, NNZ_RB4};
