#include "../kernels.h"

void nnz_spmm_f32_dense_scalar(const nnz_spmm_f32 *a) {
    uint32_t begin = a->kblock_begin * a->kblock, end = a->kblock_end * a->kblock;
    if (end > a->cols)
        end = a->cols;
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        float *y = a->y + r * a->ldy;
        const float *w = a->values + (size_t)(r / 8) * a->cols * 8 + r % 8;
        for (uint32_t p = 0; p < a->pixels; p++)
            if (a->first)
                y[p] = (a->bias ? a->bias[r] : 0) + (a->residual ? a->residual[r * a->ldr + p] : 0);
        for (uint32_t k = begin; k < end; k++)
            for (uint32_t p = 0; p < a->pixels; p++)
                y[p] += w[(size_t)k * 8] * nnz_spmm_column(a, k - begin)[p];
        for (uint32_t p = 0; p < a->pixels; p++)
            if (a->last)
                y[p] = nnz_clip(y[p], a->lo, a->hi);
    }
}
