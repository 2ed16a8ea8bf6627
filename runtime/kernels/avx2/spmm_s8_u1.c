/*
 * spmm_s8_u1 for AVX2: units are of any two columns, which the tile has apart, a pixel a byte. Interleaved they are
 * what VPMADDUBSW adds up; two units interleaved again are what VPMADDWD does.
 */
#include "spmm_s8_rows.h"

#ifdef NNZ_X86_64

/* A unit: its weights for every pixel, and where its two columns of x begin. */
typedef struct unit {
    ivec w;
    const uint8_t *x[2];
} unit;

VECTOR_INLINE unit unit_at(const nnz_spmm_s8 *a, size_t at, const uint8_t *x) {
    unit u = {.w = i_set(i_word(a->exact.weights + 4 * at))};
    for (int i = 0; i < 2; i++)
        u.x[i] = s8_one_pointer(x + (size_t)a->exact.unit[2 * at + i] * WALK);
    return u;
}

/* Products with sixteen pixels, the h-th of them, in 16 bits. */
VECTOR_INLINE ivec products(const unit *u, int h) {
    const ivec x = _mm256_load_si256((const void *)(u->x[0] + h / 2 * 32));
    const ivec *other = (const void *)(u->x[1] + h / 2 * 32);
    return _mm256_maddubs_epi16(h % 2 ? _mm256_unpackhi_epi8(x, *other) : _mm256_unpacklo_epi8(x, *other), u->w);
}

/* Adds two products of pixels in 16 bits each to the sums of V vectors of pixels, from vector v on. */
VECTOR_INLINE void add_products(ivec *sums, int v, const int V, ivec first, ivec second) {
    sums[v] = add_pairs(sums[v], _mm256_unpacklo_epi16(first, second));
    if (v + 1 < V)
        sums[v + 1] = add_pairs(sums[v + 1], _mm256_unpackhi_epi16(first, second));
}

VECTOR_INLINE void sum_row(const nnz_spmm_s8 *a, const nnz_s8_row *row, const uint8_t *x, const int V, ivec *sums) {
    const ivec start = i_set(a->bias[row->row]);
    for (int v = 0; v < V; v++)
        sums[v] = start;
    size_t at = row->at;
    for (const size_t end = at + 2 * (size_t)row->pairs; at < end; at += 2) {
        const unit first = unit_at(a, at, x), second = unit_at(a, at + 1, x);
        for (int v = 0; v < V; v += 2)
            add_products(sums, v, V, products(&first, v / 2), products(&second, v / 2));
    }
    if (row->singles) {
        const unit single = unit_at(a, at, x);
        for (int v = 0; v < V; v += 2)
            add_products(sums, v, V, products(&single, v / 2), i_set(0));
    }
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_u1)(const nnz_spmm_s8 *a) {
    s8_walk_groups(a);
}

#endif
