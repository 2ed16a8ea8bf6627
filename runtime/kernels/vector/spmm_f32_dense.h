/*
 * DENSE_ROWS rows of a panel by up to three vectors of pixels: three loads and DENSE_ROWS broadcasts a column. With
 * DENSE_SIDE, one pixel behind whole vectors (7 x 7 are 3 x 16 + 1) is taken by itself, as a product with the rows in
 * the lanes, instead of one more vector of pixels.
 */
#include "spmm_f32.h"

/* The sums of a pixel by itself, without what they start from. */
VECTOR_INLINE void dense_end_side(const nnz_spmm_f32 *a, uint32_t row, uint32_t pixel, vec side) {
    float sums[LANES];
    v_store(sums, side);
    const float *from = a->first ? a->residual : a->y;
    for (uint32_t r = row; r < row + DENSE_ROWS && r < a->row_end; r++) {
        const size_t at = r * a->ldy + pixel;
        const float sum = sums[r - row] + (from ? from[at] : 0) + (a->first && a->bias ? a->bias[r] : 0);
        a->y[at] = a->last ? nnz_clip(sum, a->lo, a->hi) : sum;
    }
}

/* The weights of row `row` of a call's first column; the next column's are PANEL further on. */
enum { PANEL = 8 };
VECTOR_INLINE const float *dense_weights(const nnz_spmm_f32 *a, uint32_t row) {
    return a->values + (size_t)(row / PANEL * PANEL) * a->cols + (size_t)a->kblock_begin * a->kblock * PANEL +
           row % PANEL;
}

/* The weights of the next panel are called for while this one is used: all are more than the caches hold. */
VECTOR_INLINE void dense_rows(const nnz_spmm_f32 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int V,
                              const bool has_side, const bool has_offsets) {
    uint32_t begin = a->kblock_begin * a->kblock, end = a->kblock_end * a->kblock;
    if (end > a->cols)
        end = a->cols;
    size_t tail = spmm_tail(pixels, V);
    vec acc[DENSE_ROWS * 3], side = v_set(0);
    spmm_begin(a, row, a->row_end - row, pixel, tail, DENSE_ROWS, V, acc);
    spmm_prefetch(a, row, pixel, DENSE_ROWS, V);
    const float *w = dense_weights(a, row);
    const float *ahead = dense_weights(a, row / PANEL * PANEL + PANEL) + (size_t)(row % PANEL) * (end - begin);
    const float *next = a->x + pixel;
    for (uint32_t k = begin; k < end; k++, w += PANEL, ahead += DENSE_ROWS, next += has_offsets ? 0 : a->ldx) {
        const float *x = next + (has_offsets ? a->offset[k - begin] : 0);
        __builtin_prefetch(ahead);
        vec xv[3];
        for (int v = 0; v < V; v++)
            xv[v] = v_load(x + v * LANES);
        for (int r = 0; r < DENSE_ROWS; r++) {
            vec wr = v_set(w[r]);
            for (int v = 0; v < V; v++)
                acc[r * V + v] = v_fma(wr, xv[v], acc[r * V + v]);
        }
        if (has_side)
            side = v_fma(v_load_n(w, DENSE_ROWS), v_set(x[V * LANES]), side);
    }
    spmm_end(a, row, a->row_end - row, pixel, tail, DENSE_ROWS, V, acc);
    if (has_side)
        dense_end_side(a, row, pixel + V * LANES, side);
}

/* The vectors are outside of the rows: their columns of x stay in L1 while the weights pass. Four vectors are taken as
 * 2 + 2. */
VECTOR_INLINE void dense_panels(const nnz_spmm_f32 *a, const bool has_offsets) {
    for (uint32_t pixel = 0, n; pixel < a->pixels; pixel += n) {
        const uint32_t left = a->pixels - pixel;
        const bool has_side = DENSE_SIDE && left % LANES == 1 && left > LANES && left <= 3 * LANES + 1;
        n = has_side ? left : left > 4 * LANES ? 3 * LANES : left > 3 * LANES ? 2 * LANES : left;
        const uint32_t vectors = (n - has_side + LANES - 1) / LANES;
        for (uint32_t row = a->row_begin; row < a->row_end; row += DENSE_ROWS) {
            switch (has_side ? 3 + vectors : vectors) {
            case 1:
                dense_rows(a, row, pixel, n, 1, false, has_offsets);
                break;
            case 2:
                dense_rows(a, row, pixel, n, 2, false, has_offsets);
                break;
            case 3:
                dense_rows(a, row, pixel, n, 3, false, has_offsets);
                break;
#if DENSE_SIDE
            case 3 + 1:
                dense_rows(a, row, pixel, n - 1, 1, true, has_offsets);
                break;
            case 3 + 2:
                dense_rows(a, row, pixel, n - 1, 2, true, has_offsets);
                break;
            case 3 + 3:
                dense_rows(a, row, pixel, n - 1, 3, true, has_offsets);
                break;
#endif
            }
        }
    }
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_f32_dense)(const nnz_spmm_f32 *a) {
    if (a->offset)
        dense_panels(a, true);
    else
        dense_panels(a, false);
}
