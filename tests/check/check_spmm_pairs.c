/* spmm_f32_u1_pairs against the product in double precision, in K-blocks and parts of the rows as conv takes them. */
#include "ops/pairs.h"
#include "product.h"

#include <math.h>
#include <stdio.h>

/* The matrix of a product cut anew, into K-blocks no longer than its own, and for `parts` parts of the rows. */
static nnz_pairs_source pairs_source(const check_product *p, uint32_t kblock, uint32_t parts, const uint32_t *begin) {
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
static nnz_spmm_f32 pairs_arguments(const check_product *p, const nnz_pairs_source *source, const void *memory,
                                    uint32_t kb, uint32_t part, float *sums) {
    check_product cut = *p;
    cut.m.kblock = source->kblock;
    cut.m.kblocks = source->kblocks;
    nnz_spmm_f32 a = check_product_arguments(&cut, 0, 0, kb, kb + 1, NULL);
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
    const check_product p = check_product_make(1, false, NNZ_PAIRS_PIXELS(check_isa(c)));
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
        check_product_result(c, &p, 0, p.m.rows);
}

typedef struct pairs_case {
    nnz_spmm_f32_fn kernel;
    check_product p;
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
        check_product_tile(&k.p, 0);
        k.source = pairs_source(&k.p, 128, 1, NULL);
        k.memory = make_pairs(&k.source);
        k.p.y = check_output((size_t)256 * widths[i], 0);
        char label[64];
        snprintf(label, sizeof label, "256 x 1152, 90 %%, %u pixels", widths[i]);
        check_rate(c, label, run_pairs, &k, (double)k.p.m.blocks * widths[i], "MAC");
    }
}

const check_test check_spmm_u1_pairs = {
    .family = NNZ_FAMILY_SPMM_F32_U1_PAIRS, .rounds = 400, .round = pairs_round, .bench = pairs_bench};
