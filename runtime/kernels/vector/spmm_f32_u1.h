/* One row by up to U1_VECTORS vectors of pixels: each nonzero is one broadcast times V vectors. */
#include "spmm_f32.h"

VECTOR_INLINE void u1_row(const nnz_spmm_f32 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int V,
                          const bool has_offsets) {
    size_t tail = spmm_tail(pixels, V);
    vec acc[U1_VECTORS];
    spmm_begin(a, row, 1, pixel, tail, 1, V, acc);
    spmm_prefetch(a, row, pixel, 1, V);
    spmm_columns x = spmm_columns_of(a, pixel);
    for (uint32_t kb = a->kblock_begin; kb < a->kblock_end; kb++, spmm_next(a, &x, has_offsets)) {
        uint32_t at = a->cursor[kb - a->kblock_begin], n = a->count[(size_t)kb * a->groups + row];
        const float *w = a->values + at;
        const uint8_t *index = a->index + at;
        for (uint32_t i = 0; i < n; i++) {
            const float *xk = spmm_keep(spmm_column(a, &x, index[i], has_offsets));
            vec wi = v_set(w[i]);
            for (int v = 0; v < V; v++)
                acc[v] = v_fma(wi, v_load(xk + v * LANES), acc[v]);
        }
    }
    spmm_end(a, row, 1, pixel, tail, 1, V, acc);
}

VECTOR_INLINE void u1_rows(const nnz_spmm_f32 *a, const bool has_offsets) {
    for (uint32_t row = a->row_begin; row < a->row_end; row++) {
        for (uint32_t pixel = 0; pixel < a->pixels; pixel += U1_VECTORS * LANES) {
            uint32_t left = a->pixels - pixel, n = left < U1_VECTORS * LANES ? left : U1_VECTORS * LANES;
            switch ((n + LANES - 1) / LANES) {
            case 1:
                u1_row(a, row, pixel, n, 1, has_offsets);
                break;
            case 2:
                u1_row(a, row, pixel, n, 2, has_offsets);
                break;
            case 3:
                u1_row(a, row, pixel, n, 3, has_offsets);
                break;
            case 4:
                u1_row(a, row, pixel, n, 4, has_offsets);
                break;
            case 5:
                u1_row(a, row, pixel, n, 5, has_offsets);
                break;
            case 6:
                u1_row(a, row, pixel, n, 6, has_offsets);
                break;
            case 7:
                u1_row(a, row, pixel, n, 7, has_offsets);
                break;
            case 8:
                u1_row(a, row, pixel, n, 8, has_offsets);
                break;
#if U1_VECTORS > 8
            case 9:
                u1_row(a, row, pixel, n, 9, has_offsets);
                break;
            case 10:
                u1_row(a, row, pixel, n, 10, has_offsets);
                break;
            case 11:
                u1_row(a, row, pixel, n, 11, has_offsets);
                break;
            case 12:
                u1_row(a, row, pixel, n, 12, has_offsets);
                break;
#endif
            }
        }
        spmm_advance(a, row);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_f32_u1)(const nnz_spmm_f32 *arguments) {
    const nnz_spmm_f32 a = *arguments; /* nothing that is stored changes it: it stays in registers */
    if (a.offset)
        u1_rows(&a, true);
    else
        u1_rows(&a, false);
}
