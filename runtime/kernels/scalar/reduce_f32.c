/* reduce_f32 in C: the reference for the others. */
#include "../kernels.h"

#include <math.h>

static float sum(const float *x, size_t n) {
    float total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i];
    return total;
}

static float maximum(const float *x, size_t n) {
    float result = -INFINITY;
    for (size_t i = 0; i < n && result == result; i++)
        if (!(x[i] <= result))
            result = x[i];
    return result;
}

static float minimum(const float *x, size_t n) {
    float result = INFINITY;
    for (size_t i = 0; i < n && result == result; i++)
        if (!(x[i] >= result))
            result = x[i];
    return result;
}

void nnz_reduce_f32_scalar(int function, const float *x, size_t n, float *y, size_t count) {
    for (size_t i = 0; i < count; i++, x += n)
        y[i] = function == NNZ_REDUCE_SUM ? sum(x, n) : function == NNZ_REDUCE_MAX ? maximum(x, n) : minimum(x, n);
}
