/* softmax_f32 by libm: the reference for the others. The maximum is subtracted first, so that no exponential overflows;
   the sum is made of partial sums, so that rounding errors grow slowly with n. */
#include "../kernels.h"

#include <math.h>

enum { PART = 256 };

void nnz_softmax_f32_scalar(const float *x, size_t ldx, float *y, size_t ldy, size_t n, size_t count) {
    for (size_t j = 0; j < count; j++, x++, y++) {
        float max = -INFINITY, sum = 0;
        for (size_t i = 0; i < n; i++)
            max = x[i * ldx] > max ? x[i * ldx] : max;
        for (size_t begin = 0; begin < n; begin += PART) {
            const size_t end = n - begin < PART ? n : begin + PART;
            float part = 0;
            for (size_t i = begin; i < end; i++)
                part += y[i * ldy] = expf(x[i * ldx] - max);
            sum += part;
        }
        for (size_t i = 0; i < n; i++)
            y[i * ldy] /= sum;
    }
}
