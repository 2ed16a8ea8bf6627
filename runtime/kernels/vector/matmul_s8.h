/* matmul_s8 in vectors: MATMUL_ROWS rows by MATMUL_VECTORS vectors of pixels, by the i_dot_rows() of the ISA. */
#include "matmul_s8_terms.h"

/* The rows from `row` on, whose panel begins at `panel`, at V vectors of pixels. */
VECTOR_INLINE void matmul_block(const nnz_matmul_s8 *a, uint32_t row, const int8_t *panel, const int32_t *row_terms,
                                uint32_t pixel, const int V, const ivec *pixel_terms) {
    ivec sums[MATMUL_ROWS * MATMUL_VECTORS * PARTS];
    for (int i = 0; i < MATMUL_ROWS * V; i++)
        for (int p = 0; p < PARTS; p++)
            sums[i * PARTS + p] = PARTS == 1 ? matmul_start(row_terms[i / V], pixel_terms[i % V]) : i_set(0);
    const int8_t *b = a->b + 4 * (size_t)pixel;
    const uint32_t left = a->pixels - pixel - (uint32_t)(V - 1) * PIXELS, last = left < PIXELS ? left : PIXELS;
    for (uint32_t k = 0; k < a->depth; k += 4, b += a->ldb, panel += 32) {
        xvec x[MATMUL_VECTORS];
        for (int v = 0; v < V; v++)
            x[v] = i_load_planes(b + v * (PIXELS * 4), v == V - 1 ? last : PIXELS);
        i_dot_rows(sums, panel, MATMUL_ROWS, x, V);
    }
    ivec joined[MATMUL_ROWS * MATMUL_VECTORS];
    for (int i = 0; i < MATMUL_ROWS * V; i++)
        joined[i] =
            PARTS == 1 ? sums[i] : i_add(i_join(sums + i * PARTS), matmul_start(row_terms[i / V], pixel_terms[i % V]));
    for (int r = 0; r < MATMUL_ROWS && row + (uint32_t)r < a->rows; r += 4)
        matmul_store(a, row + (uint32_t)r, pixel, V, joined + r * V);
}

VECTOR_FUNCTION void VECTOR_NAME(matmul_s8)(const nnz_matmul_s8 *a) {
    const size_t panel_bytes = (size_t)(a->depth + 3) / 4 * 32;
    ivec pixel_terms[NNZ_MATMUL_PIXELS / PIXELS];
    matmul_pixel_terms(a, pixel_terms);
    for (uint32_t row = 0; row < a->rows; row += 8) {
        const int8_t *panel = a->a + row / 8 * panel_bytes;
        int32_t row_terms[8];
        matmul_row_terms(a, panel, row_terms);
        for (uint32_t r = 0; r < 8 && row + r < a->rows; r += MATMUL_ROWS) {
            uint32_t pixel = 0;
            for (; pixel + (MATMUL_VECTORS - 1) * PIXELS < a->pixels; pixel += MATMUL_VECTORS * PIXELS)
                matmul_block(a, row + r, panel + 4 * r, row_terms + r, pixel, MATMUL_VECTORS,
                             pixel_terms + pixel / PIXELS);
            if (pixel < a->pixels)
                matmul_block(a, row + r, panel + 4 * r, row_terms + r, pixel, 1, pixel_terms + pixel / PIXELS);
        }
    }
}
