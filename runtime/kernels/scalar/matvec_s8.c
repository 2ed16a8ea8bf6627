#include "../../src/requantize.h"
#include "../kernels.h"

static int8_t finish(const nnz_matvec_s8 *a, uint32_t row, int32_t sum) {
    int32_t y = a->zero + nnz_requantize(sum, a->multiplier[row], a->shift);
    return (int8_t)(y < a->lo ? a->lo : y > a->hi ? a->hi : y);
}

/* Blocks of `height` rows by `width` columns. */
static void matvec_blocks(const nnz_matvec_s8 *a, uint32_t height, uint32_t width) {
    for (uint32_t r = a->row_begin; r < a->row_end; r += height) {
        uint32_t rows = a->row_end - r < height ? a->row_end - r : height;
        int32_t sum[8] = {0};
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            uint32_t end = a->cursor[kb] + a->count[(size_t)kb * a->groups + r / height];
            for (; a->cursor[kb] < end; a->cursor[kb]++) {
                const int8_t *x = a->x + ((size_t)kb * a->kblock + a->index[a->cursor[kb]]) * width;
                const int8_t *w = a->values + (size_t)a->cursor[kb] * height * width;
                for (uint32_t i = 0; i < rows; i++)
                    for (uint32_t k = 0; k < width; k++)
                        sum[i] += w[i * width + k] * x[k];
            }
        }
        for (uint32_t i = 0; i < rows; i++)
            a->y[r + i] = finish(a, r + i, sum[i] + a->bias[r + i]);
    }
}

void nnz_matvec_s8_u1_scalar(const nnz_matvec_s8 *a) {
    matvec_blocks(a, 1, 1);
}

void nnz_matvec_s8_q8x4_scalar(const nnz_matvec_s8 *a) {
    matvec_blocks(a, 8, 4);
}

void nnz_matvec_s8_dense_scalar(const nnz_matvec_s8 *a) {
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        const int8_t *w = a->values + ((size_t)(r / 8) * a->units * 8 + r % 8) * 4;
        const int8_t *x = a->x;
        int32_t sum = a->bias[r];
        for (uint32_t u = a->units; u; u--, w += 32, x += 4)
            sum += w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3];
        a->y[r] = finish(a, r, sum);
    }
}
