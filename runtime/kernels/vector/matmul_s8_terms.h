/*
 * What matmul_s8 does besides its sums of products. With x = b + offset as the ISA's multiplications see it,
 *
 *   sum of (a - zero_a) (b - zero_b) = sum of a x - (zero_b + offset) sum of a - zero_a sum of x + a constant
 *
 * of which the second term is the row's and the third, with the constant, the pixel's.
 */

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

/* The results of `count` rows from `row` on, in fours, at PIXELS pixels: `sums` are of products of a and x. */
VECTOR_INLINE void matmul_store(const nnz_matmul_s8 *a, uint32_t row, const int count, const int32_t *row_terms,
                                uint32_t pixel, ivec pixel_term, const ivec *sums) {
    const uint32_t n = a->pixels - pixel < PIXELS ? a->pixels - pixel : PIXELS;
    const ivec multiplier = i_set(a->multiplier), rounding = i_rounding(a->zero);
    for (uint32_t r = 0; r < (uint32_t)count && row + r < a->rows; r += 4) {
        ivec results[4];
        for (uint32_t i = 0; i < 4; i++) {
            const ivec sum = i_add(sums[r + i], pixel_term);
            results[i] = i_requantize(i_add(sum, i_set(-row_terms[r + i])), multiplier, a->shift, rounding);
        }
        const ivec words =
            i_narrow_channels(i_narrow_pair(results[0], results[1]), i_narrow_pair(results[2], results[3]));
        i_store_n(a->y + (row + r) / 4 * a->ldy + 4 * (size_t)pixel, i_clamp_bytes(words, a->lo, a->hi), n);
    }
}
