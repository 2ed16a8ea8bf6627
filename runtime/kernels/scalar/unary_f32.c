/* unary_f32 by libm: the reference for the others. NaN passes through every function. */
#include "../kernels.h"

#include <math.h>
#include <string.h>

static float sigmoid(float x) {
    return 1.0f / (1.0f + expf(-x));
}

#define EACH(expression)                                                                                               \
    for (size_t i = 0; i < n; i++)                                                                                     \
        y[i] = (expression);                                                                                           \
    break

void nnz_unary_f32_scalar(int function, const float act[2], const float *x, float *y, size_t n) {
    const float a = act[0], b = act[1];
    switch (function) {
    case NNZ_ACT_NONE:
        if (x != y)
            memcpy(y, x, n * sizeof *y);
        break;
    case NNZ_ACT_CLIP:
        EACH(nnz_clip(x[i], a, b));
    case NNZ_ACT_LEAKY_RELU:
        EACH(x[i] < 0 ? a * x[i] : x[i]);
    case NNZ_ACT_SIGMOID:
        EACH(sigmoid(x[i]));
    case NNZ_ACT_TANH:
        EACH(tanhf(x[i]));
    case NNZ_ACT_HARD_SIGMOID:
        EACH(nnz_clip(a * x[i] + b, 0, 1));
    case NNZ_ACT_HARD_SWISH:
        EACH(x[i] * nnz_clip(x[i] / 6 + 0.5f, 0, 1));
    case NNZ_ACT_EXP:
        EACH(expf(x[i]));
    case NNZ_ACT_SQRT:
        EACH(sqrtf(x[i]));
    case NNZ_ACT_ABS:
        EACH(fabsf(x[i]));
    case NNZ_ACT_NEG:
        EACH(-x[i]);
    case NNZ_ACT_SILU:
        EACH(x[i] * sigmoid(x[i]));
    case NNZ_ACT_ERF:
        EACH(erff(x[i]));
    case NNZ_ACT_GELU:
        EACH(0.5f * x[i] * (1 + erff(x[i] * 0.70710678f)));
    case NNZ_ACT_RECIPROCAL:
        EACH(1 / x[i]);
    case NNZ_ACT_LOG:
        EACH(logf(x[i]));
    case NNZ_ACT_GELU_TANH:
        EACH(0.5f * x[i] * (1 + tanhf(0.797884561f * (x[i] + 0.044715f * x[i] * x[i] * x[i]))));
    }
}
