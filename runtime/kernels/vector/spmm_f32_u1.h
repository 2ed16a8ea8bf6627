/* One row, all pixels of the tile: each nonzero is one broadcast times V vectors. */
#include "spmm_f32.h"

VECTOR_INLINE void u1_rows(const nnz_spmm_f32 *a, const int V) {
    size_t tail = spmm_tail(a->pixels, V);
    for (uint32_t row = a->row_begin; row < a->row_end; row++) {
        vec acc[NNZ_TILE_MAX / LANES];
        spmm_begin(a, row, 1, 0, tail, 1, V, acc);
        const float *x = a->x;
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
        spmm_end(a, row, 1, 0, tail, 1, V, acc);
        spmm_advance(a, row);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_f32_u1)(const nnz_spmm_f32 *a) {
    switch ((a->pixels + LANES - 1) / LANES) {
    case 1:
        u1_rows(a, 1);
        break;
    case 2:
        u1_rows(a, 2);
        break;
    case 3:
        u1_rows(a, 3);
        break;
    case 4:
        u1_rows(a, 4);
        break;
    case 5:
        u1_rows(a, 5);
        break;
    case 6:
        u1_rows(a, 6);
        break;
#if NNZ_TILE_VECTORS > 6
    case 7:
        u1_rows(a, 7);
        break;
    case 8:
        u1_rows(a, 8);
        break;
    case 9:
        u1_rows(a, 9);
        break;
    case 10:
        u1_rows(a, 10);
        break;
    case 11:
        u1_rows(a, 11);
        break;
    case 12:
        u1_rows(a, 12);
        break;
#endif
    }
}
