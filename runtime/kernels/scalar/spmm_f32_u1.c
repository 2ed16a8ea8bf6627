#include "../kernels.h"

/* One row and pixel at a time, so that each sum runs over the blocks in the order of the file: the order every variant
 * keeps. */
void nnz_spmm_f32_u1_scalar(const nnz_spmm_f32 *a) {
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        float *y = a->y + r * a->ldy;
        for (uint32_t p = 0; p < a->pixels; p++)
            if (a->first)
                y[p] = (a->bias ? a->bias[r] : 0) + (a->residual ? a->residual[r * a->ldr + p] : 0);
        for (uint32_t kb = a->kblock_begin; kb < a->kblock_end; kb++) {
            const uint32_t column = (kb - a->kblock_begin) * a->kblock;
            uint32_t *cursor = &a->cursor[kb - a->kblock_begin], end = *cursor + a->count[(size_t)kb * a->groups + r];
            for (; *cursor < end; ++*cursor) {
                const float *xk = nnz_spmm_column(a, column + a->index[*cursor]);
                for (uint32_t p = 0; p < a->pixels; p++)
                    y[p] += a->values[*cursor] * xk[p];
            }
        }
        for (uint32_t p = 0; p < a->pixels; p++)
            if (a->last)
                y[p] = nnz_clip(y[p], a->lo, a->hi);
    }
}
