/* spmm_s8_* for AVX2: the weights, dense or in blocks of four, are nnz_s8_units of four columns. */
#include "spmm_s8_rows.h"

#ifdef NNZ_X86_64

/* A unit: its weights for every pixel, and where its columns of x begin. */
typedef struct unit {
    ivec w;
    const uint8_t *x;
} unit;

VECTOR_INLINE unit unit_at(const nnz_spmm_s8 *a, size_t at, const uint8_t *x) {
    x = s8_one_pointer(x + (size_t)a->exact.unit[at] * WALK * CELL);
    return (unit){i_set(i_word(a->exact.weights + 4 * at)), x};
}

VECTOR_INLINE ivec load(unit u, int v) {
    return _mm256_load_si256((const void *)(u.x + v * PIXELS * CELL));
}

/* Products with vector v of pixels, added in pairs of 16 bits. */
VECTOR_INLINE ivec products(unit u, int v) {
    return _mm256_maddubs_epi16(load(u, v), u.w);
}

VECTOR_INLINE void sum_row(const nnz_spmm_s8 *a, const nnz_s8_row *row, const uint8_t *x, const int V, ivec *sums) {
    const ivec start = i_set((int32_t)((uint32_t)a->bias[row->row] + (uint32_t)row->correction));
    for (int v = 0; v < V; v++)
        sums[v] = start;
    size_t at = row->at;
    for (const size_t end = at + 2 * (size_t)row->pairs; at < end; at += 2) {
        const unit first = unit_at(a, at, x), second = unit_at(a, at + 1, x);
        for (int v = 0; v < V; v++)
            sums[v] = add_pairs(sums[v], _mm256_add_epi16(products(first, v), products(second, v)));
    }
    for (const size_t end = at + row->singles; at < end; at++) {
        const unit single = unit_at(a, at, x);
        for (int v = 0; v < V; v++)
            sums[v] = add_pairs(sums[v], products(single, v));
    }
    for (const size_t end = at + row->wide; at < end; at++) {
        const unit wide = unit_at(a, at, x);
        const ivec negative = _mm256_cmpgt_epi8(_mm256_setzero_si256(), wide.w), w = _mm256_abs_epi8(wide.w);
        const ivec flip = _mm256_xor_si256(negative, _mm256_set1_epi8(-128)); /* x from x + 128, or ~x */
        for (int v = 0; v < V; v++)
            sums[v] = add_pairs(sums[v], _mm256_maddubs_epi16(w, _mm256_xor_si256(load(wide, v), flip)));
    }
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_dense)(const nnz_spmm_s8 *a) {
    s8_walk_groups(a);
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_q1x4)(const nnz_spmm_s8 *a) {
    s8_walk_groups(a);
}

#endif
