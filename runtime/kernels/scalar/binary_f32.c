/* binary_f32 in C: the reference for the others. A NaN among the operands gives NaN, in min and max too. */
#include "../kernels.h"

#include <math.h>

static float minimum(float a, float b) {
    return a < b || a != a ? a : b;
}

static float maximum(float a, float b) {
    return a > b || a != a ? a : b;
}

#define EACH(expression)                                                                                               \
    for (size_t i = 0; i < n; i++, a += a_step, b += b_step)                                                           \
        y[i] = (expression);                                                                                           \
    break

void nnz_binary_f32_scalar(int function, const float *a, size_t a_step, const float *b, size_t b_step, float *y,
                           size_t n) {
    switch (function) {
    case NNZ_BINARY_ADD:
        EACH(*a + *b);
    case NNZ_BINARY_SUB:
        EACH(*a - *b);
    case NNZ_BINARY_MUL:
        EACH(*a * *b);
    case NNZ_BINARY_DIV:
        EACH(*a / *b);
    case NNZ_BINARY_MIN:
        EACH(minimum(*a, *b));
    case NNZ_BINARY_MAX:
        EACH(maximum(*a, *b));
    case NNZ_BINARY_PRELU:
        EACH(*a < 0 ? *a * *b : *a);
    case NNZ_BINARY_POW:
        EACH(powf(*a, *b));
    }
}
