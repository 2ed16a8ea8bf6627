/* The specification of int8 products in C: sums of one row and pixel at a time. */
#include "../../src/requantize.h"
#include "../kernels.h"

static int8_t finish(const nnz_spmm_s8 *a, uint32_t row, int32_t sum) {
    int32_t y = a->zero + nnz_requantize(sum, a->multiplier[row], a->shift);
    return (int8_t)(y < a->lo ? a->lo : y > a->hi ? a->hi : y);
}

static int32_t dot4(const int8_t *w, const uint8_t *x) {
    int32_t sum = 0;
    for (int i = 0; i < 4; i++)
        sum += w[i] * (int8_t)x[i];
    return sum;
}

/* Blocks of `width` columns of one row: the whole sum of a row and pixel. */
static int32_t sum_blocks(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, uint32_t width) {
    int32_t sum = a->bias[row];
    for (uint32_t kb = 0; kb < a->kblocks; kb++) {
        uint32_t n = a->count[(size_t)kb * a->groups + row];
        for (uint32_t i = a->cursor[kb]; i < a->cursor[kb] + n; i++) {
            size_t unit = (size_t)kb * a->kblock + a->index[i];
            if (width == 4)
                sum += dot4(a->values + 4 * (size_t)i, a->x + (unit * a->ldx + pixel) * NNZ_S8_CELL_SCALAR);
            else
                sum += a->values[i] * (int8_t)a->x[(unit / 4 * a->ldx + pixel) * NNZ_S8_CELL_SCALAR + unit % 4];
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
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        const int8_t *w = a->values + ((size_t)(r / 8) * a->units * 8 + r % 8) * 4;
        for (uint32_t p = 0; p < a->pixels; p++) {
            int32_t sum = a->bias[r];
            for (uint32_t u = 0; u < a->units; u++)
                sum += dot4(w + (size_t)u * 32, a->x + ((size_t)u * a->ldx + p) * NNZ_S8_CELL_SCALAR);
            a->y[r / 4 * a->ldy + 4 * p + r % 4] = finish(a, r, sum);
        }
    }
}
