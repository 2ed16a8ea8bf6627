/* One row by up to U1_VECTORS vectors of pixels: each nonzero is one broadcast times V vectors. */
#include "spmm_f32.h"

VECTOR_INLINE void u1_row(const nnz_spmm_f32 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int V) {
    size_t tail = spmm_tail(pixels, V);
    vec acc[U1_VECTORS];
    spmm_begin(a, row, 1, pixel, tail, 1, V, acc);
    spmm_prefetch(a, row, pixel, 1, V);
    const float *x = a->x + pixel;
    for (uint32_t kb = a->kblock_begin; kb < a->kblock_end; kb++, x += (size_t)a->kblock * a->ldx) {
        uint32_t at = a->cursor[kb - a->kblock_begin], n = a->count[(size_t)kb * a->groups + row];
        const float *w = a->values + at;
        const uint8_t *index = a->index + at;
        for (uint32_t i = 0; i < n; i++) {
            const float *xk = x + (size_t)index[i] * a->ldx;
            vec wi = v_set(w[i]);
            for (int v = 0; v < V; v++)
                acc[v] = v_fma(wi, v_load(xk + v * LANES), acc[v]);
        }
    }
    spmm_end(a, row, 1, pixel, tail, 1, V, acc);
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_f32_u1)(const nnz_spmm_f32 *a) {
    for (uint32_t row = a->row_begin; row < a->row_end; row++) {
        for (uint32_t pixel = 0; pixel < a->pixels; pixel += U1_VECTORS * LANES) {
            uint32_t left = a->pixels - pixel, n = left < U1_VECTORS * LANES ? left : U1_VECTORS * LANES;
            switch ((n + LANES - 1) / LANES) {
            case 1:
                u1_row(a, row, pixel, n, 1);
                break;
            case 2:
                u1_row(a, row, pixel, n, 2);
                break;
            case 3:
                u1_row(a, row, pixel, n, 3);
                break;
            case 4:
                u1_row(a, row, pixel, n, 4);
                break;
            case 5:
                u1_row(a, row, pixel, n, 5);
                break;
            case 6:
                u1_row(a, row, pixel, n, 6);
                break;
            case 7:
                u1_row(a, row, pixel, n, 7);
                break;
            case 8:
                u1_row(a, row, pixel, n, 8);
                break;
#if U1_VECTORS > 8
            case 9:
                u1_row(a, row, pixel, n, 9);
                break;
            case 10:
                u1_row(a, row, pixel, n, 10);
                break;
            case 11:
                u1_row(a, row, pixel, n, 11);
                break;
            case 12:
                u1_row(a, row, pixel, n, 12);
                break;
#endif
            }
        }
        spmm_advance(a, row);
    }
}
