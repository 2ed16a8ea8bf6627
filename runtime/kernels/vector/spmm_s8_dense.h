/* Dense int8 products: DENSE_ROWS rows by up to DENSE_VECTORS vectors of pixels, by the i_dot_rows() of the ISA. */
#include "spmm_s8.h"

/* The results of a row from its sums, or zeros where there is no such row. */
VECTOR_INLINE void s8_dense_row(const nnz_spmm_s8 *a, uint32_t row, const int V, const ivec *sums, ivec *results) {
    if (row < a->row_end)
        s8_finish(a, row, V, sums, results);
    else
        for (int v = 0; v < V; v++)
            results[v] = i_set(0);
}

/* Stores the results of four rows. Their sums are not found by a loop over rows: they would leave the registers. */
VECTOR_INLINE void s8_dense_four(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int V,
                                 const ivec *sums) {
    ivec r0[DENSE_VECTORS], r1[DENSE_VECTORS], low[DENSE_VECTORS], high[DENSE_VECTORS];
    s8_dense_row(a, row, V, sums, r0);
    s8_dense_row(a, row + 1, V, sums + V * PARTS, r1);
    for (int v = 0; v < V; v++)
        low[v] = i_narrow_pair(r0[v], r1[v]);
    s8_dense_row(a, row + 2, V, sums + 2 * V * PARTS, r0);
    s8_dense_row(a, row + 3, V, sums + 3 * V * PARTS, r1);
    for (int v = 0; v < V; v++)
        high[v] = i_narrow_pair(r0[v], r1[v]);
    s8_store(a, row, pixel, pixels, V, low, high);
}

VECTOR_INLINE void s8_dense_rows(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int V) {
    ivec sums[DENSE_ROWS * DENSE_VECTORS * PARTS];
    for (uint32_t r = 0; r < DENSE_ROWS; r++)
        s8_begin(a, row + r, V, sums + r * (uint32_t)V * PARTS);
    const int8_t *w = a->values + ((size_t)(row / 8) * a->units * 8 + row % 8) * 4;
    const uint8_t *x = a->x + (size_t)pixel * CELL;
    for (uint32_t u = 0; u < a->units; u++, w += 32, x += (size_t)a->ldx * CELL) {
        xvec xv[DENSE_VECTORS];
        for (int v = 0; v < V; v++)
            xv[v] = i_load(x + v * (PIXELS * CELL));
        i_dot_rows(sums, w, DENSE_ROWS, xv, V);
    }
    s8_dense_four(a, row, pixel, pixels, V, sums);
    if (DENSE_ROWS > 4 && row + 4 < a->row_end)
        s8_dense_four(a, row + 4, pixel, pixels, V, sums + 4 * V * PARTS);
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_dense)(const nnz_spmm_s8 *a) {
    const uint32_t vectors = (a->pixels + PIXELS - 1) / PIXELS, steps = (vectors + DENSE_VECTORS - 1) / DENSE_VECTORS;
    const uint32_t step = (vectors + steps - 1) / steps * PIXELS; /* pixels, about as many in each */
    for (uint32_t pixel = 0, n; pixel < a->pixels; pixel += n) {
        const uint32_t left = a->pixels - pixel;
        n = left < step ? left : step;
        for (uint32_t row = a->row_begin; row < a->row_end; row += DENSE_ROWS) {
            switch ((n + PIXELS - 1) / PIXELS) {
            case 1:
                s8_dense_rows(a, row, pixel, n, 1);
                break;
#if DENSE_VECTORS > 1
            case 2:
                s8_dense_rows(a, row, pixel, n, 2);
                break;
#endif
#if DENSE_VECTORS > 2
            case 3:
                s8_dense_rows(a, row, pixel, n, 3);
                break;
#endif
            }
        }
    }
}
