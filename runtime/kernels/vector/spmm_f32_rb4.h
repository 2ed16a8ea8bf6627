/* Four rows by up to RB4_VECTORS vectors of pixels: each loaded vector feeds four sums. */
#include "spmm_f32.h"

VECTOR_INLINE void rb4_group(const nnz_spmm_f32 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int V,
                             const bool has_offsets) {
    size_t tail = spmm_tail(pixels, V);
    vec acc[4 * RB4_VECTORS];
    spmm_begin(a, row, a->row_end - row, pixel, tail, 4, V, acc);
    spmm_prefetch(a, row, pixel, 4, V);
    spmm_columns x = spmm_columns_of(a, pixel);
    for (uint32_t kb = a->kblock_begin; kb < a->kblock_end; kb++, spmm_next(a, &x, has_offsets)) {
        uint32_t at = a->cursor[kb - a->kblock_begin], n = a->count[(size_t)kb * a->groups + row / 4];
        const float *w = a->values + (size_t)at * 4;
        const uint8_t *index = a->index + at;
        for (uint32_t i = 0; i < n; i++, w += 4) {
            const float *xk = spmm_column(a, &x, index[i], has_offsets);
            vec xv[RB4_VECTORS];
            for (int v = 0; v < V; v++)
                xv[v] = v_load(xk + v * LANES);
            for (int r = 0; r < 4; r++) {
                vec wr = v_set(w[r]);
                for (int v = 0; v < V; v++)
                    acc[r * V + v] = v_fma(wr, xv[v], acc[r * V + v]);
            }
        }
    }
    spmm_end(a, row, a->row_end - row, pixel, tail, 4, V, acc);
}

/* How many of `left` vectors to take next: the last ones are shared alike, for a single vector waits for its own sums.
 */
VECTOR_INLINE uint32_t rb4_vectors(uint32_t left) {
    if (left > RB4_VECTORS && left < 2 * RB4_VECTORS)
        return (left + 1) / 2;
    return left < RB4_VECTORS ? left : RB4_VECTORS;
}

VECTOR_INLINE void rb4_rows(const nnz_spmm_f32 *a, const bool has_offsets) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += 4) {
        for (uint32_t pixel = 0, n; pixel < a->pixels; pixel += n) {
            const uint32_t left = a->pixels - pixel, vectors = rb4_vectors((left + LANES - 1) / LANES);
            n = left < vectors * LANES ? left : vectors * LANES;
            switch (vectors) {
            case 1:
                rb4_group(a, row, pixel, n, 1, has_offsets);
                break;
            case 2:
                rb4_group(a, row, pixel, n, 2, has_offsets);
                break;
            case 3:
                rb4_group(a, row, pixel, n, 3, has_offsets);
                break;
#if RB4_VECTORS > 3
            case 4:
                rb4_group(a, row, pixel, n, 4, has_offsets);
                break;
#endif
            }
        }
        spmm_advance(a, row / 4);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_f32_rb4)(const nnz_spmm_f32 *a) {
    if (a->offset)
        rb4_rows(a, true);
    else
        rb4_rows(a, false);
}
