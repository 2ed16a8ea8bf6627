/*
 * matmul_s8 in vectors: MATMUL_ROWS rows by a vector of pixels, by the i_dot_rows() of the ISA. With x = b + offset as
 * the ISA's multiplications see it,
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

/* The rows from `row` on, whose panel begins at `panel`, at PIXELS pixels. */
VECTOR_INLINE void matmul_block(const nnz_matmul_s8 *a, uint32_t row, const int8_t *panel, const int32_t *row_terms,
                                uint32_t pixel, ivec pixel_term) {
    const uint32_t n = a->pixels - pixel < PIXELS ? a->pixels - pixel : PIXELS;
    ivec sums[MATMUL_ROWS * PARTS];
    for (int i = 0; i < MATMUL_ROWS * PARTS; i++)
        sums[i] = i_set(0);
    const int8_t *b = a->b + 4 * (size_t)pixel;
    for (uint32_t k = 0; k < a->depth; k += 4, b += a->ldb, panel += 32) {
        const xvec x = i_load_planes(b, n);
        i_dot_rows(sums, panel, MATMUL_ROWS, &x, 1);
    }
    const ivec multiplier = i_set(a->multiplier), rounding = i_rounding(a->zero);
    for (uint32_t r = 0; r < MATMUL_ROWS && row + r < a->rows; r += 4) {
        ivec results[4];
        for (uint32_t i = 0; i < 4; i++) {
            const ivec sum = i_add(i_join(sums + (r + i) * PARTS), pixel_term);
            results[i] = i_requantize(i_add(sum, i_set(-row_terms[r + i])), multiplier, a->shift, rounding);
        }
        const ivec words =
            i_narrow_channels(i_narrow_pair(results[0], results[1]), i_narrow_pair(results[2], results[3]));
        i_store_n(a->y + (row + r) / 4 * a->ldy + 4 * (size_t)pixel, i_clamp_bytes(words, a->lo, a->hi), n);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(matmul_s8)(const nnz_matmul_s8 *a) {
    const size_t panel_bytes = (size_t)(a->depth + 3) / 4 * 32;
    ivec pixel_terms[NNZ_MATMUL_PIXELS / PIXELS];
    matmul_pixel_terms(a, pixel_terms);
    for (uint32_t row = 0; row < a->rows; row += 8) {
        const int8_t *panel = a->a + row / 8 * panel_bytes;
        int32_t row_terms[8];
        matmul_row_terms(a, panel, row_terms);
        for (uint32_t pixel = 0; pixel < a->pixels; pixel += PIXELS)
            for (uint32_t r = 0; r < 8 && row + r < a->rows; r += MATMUL_ROWS)
                matmul_block(a, row + r, panel + 4 * r, row_terms + r, pixel, pixel_terms[pixel / PIXELS]);
    }
}
