/* The specification of int8 products in C: sums of one row and pixel at a time. */
#include "../../src/requantize.h"
#include "../kernels.h"

static int8_t finish(const nnz_spmm_s8 *a, uint32_t row, int32_t sum) {
    int32_t y = a->zero + nnz_requantize(sum, a->multiplier[row], a->shift);
    return (int8_t)(y < a->lo ? a->lo : y > a->hi ? a->hi : y);
}

static int32_t dot4(const int8_t *w, const uint8_t *unit) {
    const int8_t *x = (const int8_t *)unit;
    return w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3];
}

/* Blocks of `width` columns of one row: the whole sum of a row and pixel. */
static int32_t sum_blocks(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, uint32_t width) {
    const uint8_t *x = a->x + (size_t)pixel * NNZ_S8_CELL_SCALAR;
    const size_t step = (size_t)a->ldx * NNZ_S8_CELL_SCALAR;
    int32_t sum = a->bias[row];
    for (uint32_t kb = 0; kb < a->kblocks; kb++) {
        const uint8_t *index = a->index + a->cursor[kb], *end = index + a->count[(size_t)kb * a->groups + row];
        const int8_t *w = a->values + (size_t)a->cursor[kb] * width;
        for (; index < end; index++, w += width) {
            const uint32_t unit = kb * a->kblock + *index;
            if (width == 4)
                sum += dot4(w, x + unit * step);
            else
                sum += *w * (int8_t)x[unit / 4 * step + unit % 4];
        }
    }
    return sum;
}

static void spmm_blocks(const nnz_spmm_s8 *a, uint32_t width) {
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        for (uint32_t p = 0; p < a->pixels; p++)
            a->y[r / 4 * a->ldy + 4 * p + r % 4] = finish(a, r, sum_blocks(a, r, p, width));
        for (uint32_t kb = 0; kb < a->kblocks; kb++)
            a->cursor[kb] += a->count[(size_t)kb * a->groups + r];
    }
}

void nnz_spmm_s8_q1x4_scalar(const nnz_spmm_s8 *a) {
    spmm_blocks(a, 4);
}

void nnz_spmm_s8_u1_scalar(const nnz_spmm_s8 *a) {
    spmm_blocks(a, 1);
}

void nnz_spmm_s8_dense_scalar(const nnz_spmm_s8 *a) {
    const size_t step = (size_t)a->ldx * NNZ_S8_CELL_SCALAR;
    for (uint32_t r = a->row_begin; r < a->row_end; r++)
        for (uint32_t p = 0; p < a->pixels; p++) {
            const int8_t *w = a->values + ((size_t)(r / 8) * a->units * 8 + r % 8) * 4;
            const uint8_t *x = a->x + (size_t)p * NNZ_S8_CELL_SCALAR;
            int32_t sum = a->bias[r];
            for (uint32_t u = a->units; u; u--, w += 32, x += step)
                sum += dot4(w, x);
            a->y[r / 4 * a->ldy + 4 * p + r % 4] = finish(a, r, sum);
        }
}
