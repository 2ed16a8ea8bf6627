#include "../../src/requantize.h"
#include "../kernels.h"

/* One row and pixel: the sum modulo 2^32 fits. */
static int32_t sum_of(const nnz_matmul_s8 *a, uint32_t row, uint32_t pixel) {
    const uint32_t units = (a->depth + 3) / 4;
    const int8_t *w = a->a + ((size_t)(row / 8) * units * 8 + row % 8) * 4, *x = a->b + 4 * (size_t)pixel;
    int32_t sum = 0;
    for (uint32_t k = 0; k < a->depth; k++)
        sum += (w[(size_t)(k / 4) * 32 + k % 4] - a->zero_a) * (x[k / 4 * a->ldb + k % 4] - a->zero_b);
    return sum;
}

void nnz_matmul_s8_scalar(const nnz_matmul_s8 *a) {
    for (uint32_t r = 0; r < a->rows; r++)
        for (uint32_t p = 0; p < a->pixels; p++) {
            const int32_t v = a->zero + nnz_requantize(sum_of(a, r, p), a->multiplier, a->shift);
            a->y[r / 4 * a->ldy + 4 * p + r % 4] = (int8_t)(v < a->lo ? a->lo : v > a->hi ? a->hi : v);
        }
}
