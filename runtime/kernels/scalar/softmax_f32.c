/* softmax_f32 by libm: the reference for the others. The maximum is subtracted first, so that no exponential overflows.
 */
#include "../kernels.h"

#include <math.h>

void nnz_softmax_f32_scalar(const float *x, float *y, size_t n, size_t stride, size_t count) {
    for (size_t j = 0; j < count; j++, x++, y++) {
        float max = -INFINITY, sum = 0;
        for (size_t i = 0; i < n; i++)
            max = x[i * stride] > max ? x[i * stride] : max;
        for (size_t i = 0; i < n; i++)
            sum += y[i * stride] = expf(x[i * stride] - max);
        for (size_t i = 0; i < n; i++)
            y[i * stride] /= sum;
    }
}
