/* DENSE_ROWS rows of a panel by up to three vectors of pixels: three loads and DENSE_ROWS broadcasts a column. */
#include "spmm_f32.h"

VECTOR_INLINE void dense_rows(const nnz_spmm_f32 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int V) {
    uint32_t begin = a->kblock_begin * a->kblock, end = a->kblock_end * a->kblock;
    if (end > a->cols)
        end = a->cols;
    size_t tail = spmm_tail(pixels, V);
    vec acc[DENSE_ROWS * 3];
    spmm_begin(a, row, a->row_end - row, pixel, tail, DENSE_ROWS, V, acc);
    spmm_prefetch(a, row, pixel, DENSE_ROWS, V);
    const float *w = a->values + (size_t)(row / 8) * 8 * a->cols + (size_t)begin * 8 + row % 8, *x = a->x + pixel;
    for (uint32_t k = begin; k < end; k++, w += 8, x += a->ldx) {
        vec xv[3];
        for (int v = 0; v < V; v++)
            xv[v] = v_load(x + v * LANES);
        for (int r = 0; r < DENSE_ROWS; r++) {
            vec wr = v_set(w[r]);
            for (int v = 0; v < V; v++)
                acc[r * V + v] = v_fma(wr, xv[v], acc[r * V + v]);
        }
    }
    spmm_end(a, row, a->row_end - row, pixel, tail, DENSE_ROWS, V, acc);
}

/* The vectors are outside of the rows: their columns of x stay in L1 while the weights pass. Four vectors are taken as
 * 2 + 2. */
VECTOR_FUNCTION void VECTOR_NAME(spmm_f32_dense)(const nnz_spmm_f32 *a) {
    for (uint32_t pixel = 0, n; pixel < a->pixels; pixel += n) {
        uint32_t left = a->pixels - pixel;
        n = left > 4 * LANES ? 3 * LANES : left > 3 * LANES ? 2 * LANES : left;
        for (uint32_t row = a->row_begin; row < a->row_end; row += DENSE_ROWS) {
            switch ((n + LANES - 1) / LANES) {
            case 1:
                dense_rows(a, row, pixel, n, 1);
                break;
            case 2:
                dense_rows(a, row, pixel, n, 2);
                break;
            case 3:
                dense_rows(a, row, pixel, n, 3);
                break;
            }
        }
    }
}
