#include "../../src/requantize.h"
#include "../kernels.h"

/* Element i of a plane of four is at 4 i + j, j being which of the four. */
static int8_t element(const int8_t *x, size_t ld, uint32_t of_four, uint32_t i) {
    return x[of_four / 4 * ld + 4 * (size_t)i + of_four % 4];
}

/* One row and pixel: the sum modulo 2^32 fits. */
static int32_t sum_of(const nnz_matmul_s8 *a, uint32_t row, uint32_t pixel) {
    int32_t sum = 0;
    for (uint32_t k = 0; k < a->depth; k++) {
        const int8_t w = a->transposed ? element(a->a, a->lda, k, row) : element(a->a, a->lda, row, k);
        sum += (w - a->zero_a) * (element(a->b, a->ldb, k, pixel) - a->zero_b);
    }
    return sum;
}

void nnz_matmul_s8_scalar(const nnz_matmul_s8 *a) {
    for (uint32_t r = 0; r < a->rows; r++)
        for (uint32_t p = 0; p < a->pixels; p++) {
            const int32_t v = a->zero + nnz_requantize(sum_of(a, r, p), a->multiplier, a->shift);
            a->y[r / 4 * a->ldy + 4 * (size_t)p + r % 4] = (int8_t)(v < a->lo ? a->lo : v > a->hi ? a->hi : v);
        }
}
