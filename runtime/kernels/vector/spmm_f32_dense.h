/*
 * DENSE_ROWS rows of a panel by up to three vectors of pixels: three loads and DENSE_ROWS broadcasts a column. Up to
 * DENSE_SIDE pixels behind whole vectors (7 x 7 are 6 x 8 + 1, 14 x 14 are 24 x 8 + 4) are a product with the rows in
 * the lanes, instead of one more vector of pixels.
 */
#include "spmm_f32.h"

enum {
    PANEL = 8,     /* rows */
    SIDE_SUMS = 8, /* vectors of sums of pixels at the side: each waits for itself, and they hide that */
};

/* Where the columns of a call end. */
VECTOR_INLINE uint32_t dense_end(const nnz_spmm_f32 *a) {
    const uint32_t end = a->kblock_end * a->kblock;
    return end < a->cols ? end : a->cols;
}

/* The weights of row `row` of a call's first column; the next column's are PANEL further on. */
VECTOR_INLINE const float *dense_weights(const nnz_spmm_f32 *a, uint32_t row) {
    return a->values + (size_t)(row / PANEL * PANEL) * a->cols + (size_t)a->kblock_begin * a->kblock * PANEL +
           row % PANEL;
}

#if DENSE_SIDE

/* What the sums of `pixels` by `rows` start from, and what they come to. */
static VECTOR_FUNCTION void dense_load_side(const nnz_spmm_f32 *a, uint32_t row, uint32_t rows, uint32_t pixel,
                                            uint32_t pixels, float sums[][SIDE_SUMS * PANEL]) {
    const float *from = a->first ? a->residual : a->y;
    const size_t ld = a->first ? a->ldr : a->ldy;
    for (uint32_t i = row; i < row + rows; i++)
        for (uint32_t p = 0; p < pixels; p++)
            sums[p][i - row] = (a->first && a->bias ? a->bias[i] : 0) + (from ? from[i * ld + pixel + p] : 0);
}
static VECTOR_FUNCTION void dense_store_side(const nnz_spmm_f32 *a, uint32_t row, uint32_t rows, uint32_t pixel,
                                             uint32_t pixels, float sums[][SIDE_SUMS * PANEL]) {
    for (uint32_t i = row; i < row + rows; i++)
        for (uint32_t p = 0; p < pixels; p++) {
            const float sum = sums[p][i - row];
            a->y[i * a->ldy + pixel + p] = a->last ? nnz_clip(sum, a->lo, a->hi) : sum;
        }
}

/* Up to P pixels by R panels. */
VECTOR_INLINE void dense_side(const nnz_spmm_f32 *a, uint32_t row, uint32_t pixel, const int P, const int R) {
    const uint32_t columns = dense_end(a) - a->kblock_begin * a->kblock, pixels = a->pixels - pixel;
    const uint32_t left = a->row_end - row, rows = left < (uint32_t)R * PANEL ? left : (uint32_t)R * PANEL;
    const size_t panel = (size_t)PANEL * a->cols;
    const float *w = dense_weights(a, row);
    float sums[DENSE_SIDE][SIDE_SUMS * PANEL] = {{0}};
    vec acc[SIDE_SUMS];
    dense_load_side(a, row, rows, pixel, pixels, sums);
    for (int r = 0; r < R; r++)
        for (int p = 0; p < P; p++)
            acc[r * P + p] = v_load_eight(sums[p] + r * PANEL);
    for (uint32_t k = 0; k < columns; k++, w += PANEL) {
        const float *x = nnz_spmm_column(a, k) + pixel;
        vec xv[DENSE_SIDE];
        for (int p = 0; p < P; p++)
            xv[p] = v_set(x[p]);
        for (int r = 0; r < R; r++) {
            const vec wr = v_load_eight(w + (size_t)r * panel);
            for (int p = 0; p < P; p++)
                acc[r * P + p] = v_fma(wr, xv[p], acc[r * P + p]);
        }
    }
    for (int r = 0; r < R; r++)
        for (int p = 0; p < P; p++)
            v_store_n(sums[p] + r * PANEL, acc[r * P + p], PANEL);
    dense_store_side(a, row, rows, pixel, pixels, sums);
}

/* All rows of the pixels from `pixel` on, at most P. */
VECTOR_INLINE void dense_side_rows(const nnz_spmm_f32 *a, uint32_t pixel, const int P) {
    const int R = SIDE_SUMS / P;
    uint32_t row = a->row_begin;
    for (; row + (uint32_t)R * PANEL <= a->row_end; row += (uint32_t)R * PANEL)
        dense_side(a, row, pixel, P, R);
    for (; row < a->row_end; row += PANEL)
        dense_side(a, row, pixel, P, 1);
}

#endif

/* The weights of the next panel are prefetched while this one is used: all of them are more than the caches hold. */
VECTOR_INLINE void dense_rows(const nnz_spmm_f32 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int V,
                              const bool has_offsets) {
    const uint32_t begin = a->kblock_begin * a->kblock, end = dense_end(a);
    size_t tail = spmm_tail(pixels, V);
    vec acc[DENSE_ROWS * 3];
    spmm_begin(a, row, a->row_end - row, pixel, tail, DENSE_ROWS, V, acc);
    spmm_prefetch(a, row, pixel, DENSE_ROWS, V);
    const float *w = dense_weights(a, row);
    const float *ahead = dense_weights(a, row / PANEL * PANEL + PANEL) + (size_t)(row % PANEL) * (end - begin);
    const float *next = a->x + pixel;
#pragma GCC unroll 4 /* K-blocks of 256 columns are 64 rounds, whose end the CPU predicts */
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
    }
    spmm_end(a, row, a->row_end - row, pixel, tail, DENSE_ROWS, V, acc);
}

/* The vectors are outside of the rows: their columns of x stay in L1 while the weights pass. Four vectors are taken as
 * 2 + 2. */
VECTOR_INLINE void dense_panels(const nnz_spmm_f32 *a, const bool has_offsets) {
    const uint32_t side = a->pixels % LANES <= DENSE_SIDE ? a->pixels % LANES : 0;
    const uint32_t pixels = a->pixels - side;
    for (uint32_t pixel = 0, n; pixel < pixels; pixel += n) {
        const uint32_t left = pixels - pixel;
        n = left > 4 * LANES ? 3 * LANES : left > 3 * LANES ? 2 * LANES : left;
        for (uint32_t row = a->row_begin; row < a->row_end; row += DENSE_ROWS) {
            switch ((n + LANES - 1) / LANES) {
            case 1:
                dense_rows(a, row, pixel, n, 1, has_offsets);
                break;
            case 2:
                dense_rows(a, row, pixel, n, 2, has_offsets);
                break;
            case 3:
                dense_rows(a, row, pixel, n, 3, has_offsets);
                break;
            }
        }
    }
#if DENSE_SIDE
    if (side == 1)
        dense_side_rows(a, pixels, 1);
    else if (side)
        dense_side_rows(a, pixels, DENSE_SIDE);
#endif
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_f32_dense)(const nnz_spmm_f32 *a) {
    if (a->offset)
        dense_panels(a, true);
    else
        dense_panels(a, false);
}
