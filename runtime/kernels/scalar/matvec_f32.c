#include "../kernels.h"

/* The sparse encodings differ in the height of their blocks alone. */
static void matvec_blocks(const nnz_matvec_f32 *a, uint32_t height) {
    for (uint32_t r = a->row_begin; r < a->row_end; r += height) {
        uint32_t rows = a->row_end - r < height ? a->row_end - r : height;
        float sum[8] = {0};
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            const float *x = a->x + (size_t)kb * a->kblock;
            uint32_t end = a->cursor[kb] + a->count[(size_t)kb * a->groups + r / height];
            for (; a->cursor[kb] < end; a->cursor[kb]++)
                for (uint32_t i = 0; i < rows; i++)
                    sum[i] += a->values[(size_t)a->cursor[kb] * height + i] * x[a->index[a->cursor[kb]]];
        }
        for (uint32_t i = 0; i < rows; i++)
            a->y[r + i] = nnz_clip(sum[i] + (a->bias ? a->bias[r + i] : 0), a->lo, a->hi);
    }
}

void nnz_matvec_f32_u1_scalar(const nnz_matvec_f32 *a) {
    matvec_blocks(a, 1);
}

void nnz_matvec_f32_f8x1_scalar(const nnz_matvec_f32 *a) {
    matvec_blocks(a, 8);
}

void nnz_matvec_f32_dense_scalar(const nnz_matvec_f32 *a) {
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        const float *w = a->values + (size_t)(r / 8) * a->cols * 8 + r % 8;
        float sum = 0;
        for (uint32_t k = 0; k < a->cols; k++)
            sum += w[(size_t)k * 8] * a->x[k];
        a->y[r] = nnz_clip(sum + (a->bias ? a->bias[r] : 0), a->lo, a->hi);
    }
}
