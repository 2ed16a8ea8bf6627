/* reduce_f32 in C: the reference for the others. Sums are made of partial sums, so that rounding errors grow slowly
   with n. NaN among x gives NaN. */
#include "../kernels.h"

#include <math.h>

static float sum(const float *x, size_t n) {
    enum { PART = 256 };
    float total = 0;
    for (size_t i = 0; i < n; i += PART) {
        const size_t end = n - i < PART ? n : i + PART;
        float part = 0;
        for (size_t j = i; j < end; j++)
            part += x[j];
        total += part;
    }
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

float nnz_reduce_f32_scalar(int function, const float *x, size_t n) {
    return function == NNZ_REDUCE_SUM ? sum(x, n) : function == NNZ_REDUCE_MAX ? maximum(x, n) : minimum(x, n);
}
