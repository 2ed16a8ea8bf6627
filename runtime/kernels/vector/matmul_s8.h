/* matmul_s8 in vectors: MATMUL_ROWS rows by a vector of pixels, by the i_dot_rows() of the ISA. */
#include "matmul_s8_terms.h"

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
    ivec joined[MATMUL_ROWS];
    for (int r = 0; r < MATMUL_ROWS; r++)
        joined[r] = i_join(sums + r * PARTS);
    matmul_store(a, row, MATMUL_ROWS, row_terms, pixel, pixel_term, joined);
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
