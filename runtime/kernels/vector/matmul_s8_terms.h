/*
 * What matmul_s8 does besides its sums of products. With x = b + offset as the ISA's multiplications see it,
 *
 *   sum of (a - zero_a) (b - zero_b) = sum of a x - (zero_b + offset) sum of a - zero_a sum of x + a constant
 *
 * of which the second term is the row's and the third, with the constant, the pixel's.
 */

#include "requantize_s8.h"

/* The terms of the pixels, a vector each. */
VECTOR_INLINE void matmul_pixel_terms(const nnz_matmul_s8 *a, ivec *terms) {
    const ivec constant = i_set((int32_t)((uint32_t)a->depth * (uint32_t)(a->zero_a * (a->zero_b + S8_OFFSET))));
    for (uint32_t pixel = 0; pixel < a->pixels; pixel += PIXELS, terms++) {
        const uint32_t n = a->pixels - pixel < PIXELS ? a->pixels - pixel : PIXELS;
        ivec sums[PARTS];
        for (int i = 0; i < PARTS; i++)
            sums[i] = i_set(0);
        for (uint32_t k = 0; k < a->depth && a->zero_a; k += 4) {
            const int8_t ones[4] = {1, k + 1 < a->depth, k + 2 < a->depth, k + 3 < a->depth};
            i_dot(sums, i_load_planes(a->b + k / 4 * a->ldb + 4 * (size_t)pixel, n), i_weights(ones));
        }
        *terms = i_add(constant, i_mul(i_set(-a->zero_a), i_join(sums)));
    }
}

/* The terms, without their sign, of the eight rows of a panel. */
VECTOR_INLINE void matmul_row_terms(const nnz_matmul_s8 *a, const int8_t *panel, int32_t *terms) {
    const int8_t zero = (int8_t)a->zero_b, x[4] = {zero, zero, zero, zero};
    mvec sums[MATVEC_PARTS];
    m_clear(sums);
    for (uint32_t k = 0; k < a->depth; k += 4, panel += 32)
        m_dot(sums, panel, x);
    m_store(terms, sums);
}

/* What the results of a row at a vector of pixels add to their sums of a x. */
VECTOR_INLINE ivec matmul_start(int32_t row_term, ivec pixel_term) {
    return i_add(pixel_term, i_set(-row_term));
}

/* The results of four rows at V vectors of pixels from `pixel` on; sum i of `sums`, which have the terms in them, is of
 * row i / V and vector i mod V. */
VECTOR_INLINE void matmul_store(const nnz_matmul_s8 *a, uint32_t row, uint32_t pixel, const int V, const ivec *sums) {
    ivec results[4 * MATMUL_VECTORS];
    for (int i = 0; i < 4 * V; i++)
        results[i] = sums[i];
    i_requantize_all(results, 4 * V, a->multiplier, a->shift, a->zero);
    int8_t *y = a->y + row / 4 * a->ldy + 4 * (size_t)pixel;
    for (int v = 0; v < V; v++) {
        const uint32_t left = a->pixels - pixel - (uint32_t)v * PIXELS;
        const ivec words = i_narrow_channels(i_narrow_pair(results[v], results[V + v]),
                                             i_narrow_pair(results[2 * V + v], results[3 * V + v]));
        i_store_n(y + v * PIXELS * 4, i_clamp_bytes(words, a->lo, a->hi), left < PIXELS ? left : PIXELS);
    }
}
