/* spmm_s8_* for AVX2: whatever the encoding, the weights are nnz_s8_units, whose products VPMADDUBSW adds exactly, and
 * those of two units VPADDW. */
#include "int8.h"

#ifdef NNZ_X86_64
#define V_MAX 8
enum { PARTS = 1 };

VECTOR_INLINE ivec i_join(const ivec *parts) {
    return *parts;
}

#include "../vector/spmm_s8.h"

/* A unit of a row: its weights for every pixel, and where its columns of x begin. */
typedef struct unit {
    ivec w;
    const uint8_t *x;
} unit;

VECTOR_INLINE unit unit_at(const nnz_spmm_s8 *a, size_t at, const uint8_t *x) {
    x += (size_t)a->exact.unit[at] * a->ldx * CELL;
    return (unit){i_set(i_word(a->exact.weights + 4 * at)), s8_one_pointer(x)};
}

/* Its products with vector v of pixels, added in pairs of 16 bits. */
VECTOR_INLINE ivec products(unit u, int v) {
    return _mm256_maddubs_epi16(_mm256_load_si256((const void *)(u.x + v * PIXELS * CELL)), u.w);
}

VECTOR_INLINE ivec add_pairs(ivec sum, ivec pairs) {
    return i_add(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

/* The result of a row without weights for all pixels: such a row may have a multiplier of any size, which takes long.
 */
VECTOR_INLINE ivec result_of_bias(const nnz_spmm_s8 *a, uint32_t row) {
    return i_set(a->zero + nnz_requantize(a->bias[row], a->multiplier[row], a->shift));
}

VECTOR_INLINE void s8_row(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, const int V, const int UNIT,
                          ivec *results) {
    (void)UNIT;
    const bool exists = row < a->row_end;
    if (!exists || a->exact.start[row] == a->exact.start[row + 1]) {
        const ivec all = exists ? result_of_bias(a, row) : i_set(0);
        for (int v = 0; v < V; v++)
            results[v] = all;
        return;
    }
    ivec sums[V_MAX];
    s8_begin(a, row, V, sums);
    const uint8_t *x = a->x + (size_t)pixel * CELL;
    size_t at = a->exact.start[row];
    for (const size_t end = at + 2 * (size_t)a->exact.pairs[row]; at < end; at += 2) {
        const unit first = unit_at(a, at, x), second = unit_at(a, at + 1, x);
        for (int v = 0; v < V; v++)
            sums[v] = add_pairs(sums[v], _mm256_add_epi16(products(first, v), products(second, v)));
    }
    for (const size_t end = a->exact.start[row + 1]; at < end; at++) {
        const unit single = unit_at(a, at, x);
        for (int v = 0; v < V; v++)
            sums[v] = add_pairs(sums[v], products(single, v));
    }
    s8_finish(a, row, V, sums, results);
}

/* Rows are found by their numbers. */
VECTOR_INLINE void s8_rewind(const nnz_spmm_s8 *a, uint32_t row) {
    (void)a, (void)row;
}

#include "../vector/spmm_s8_rows.h"

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_dense)(const nnz_spmm_s8 *a) {
    s8_rows(a, 4);
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_q1x4)(const nnz_spmm_s8 *a) {
    s8_rows(a, 4);
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_u1)(const nnz_spmm_s8 *a) {
    s8_rows(a, 4);
}

#endif
