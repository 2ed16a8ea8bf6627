/* unary_f32 in vectors. */
#include "functions.h"

#include <string.h>

VECTOR_INLINE void unary(int function, const float act[2], const float *x, float *y, size_t n) {
    const vec a = v_set(act[0]), b = v_set(act[1]);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_store(y + i, v_unary(function, a, b, v_load(x + i)));
    if (i < n)
        v_store_n(y + i, v_unary(function, a, b, v_load_n(x + i, n - i)), n - i);
}

/* The function is a constant in each call, so that each gets a loop of its own. */
VECTOR_FUNCTION void VECTOR_NAME(unary_f32)(int function, const float act[2], const float *x, float *y, size_t n) {
    switch (function) {
    case NNZ_ACT_NONE:
        if (x != y)
            memcpy(y, x, n * sizeof *y);
        break;
    case NNZ_ACT_CLIP:
        unary(NNZ_ACT_CLIP, act, x, y, n);
        break;
    case NNZ_ACT_LEAKY_RELU:
        unary(NNZ_ACT_LEAKY_RELU, act, x, y, n);
        break;
    case NNZ_ACT_SIGMOID:
        unary(NNZ_ACT_SIGMOID, act, x, y, n);
        break;
    case NNZ_ACT_TANH:
        unary(NNZ_ACT_TANH, act, x, y, n);
        break;
    case NNZ_ACT_HARD_SIGMOID:
        unary(NNZ_ACT_HARD_SIGMOID, act, x, y, n);
        break;
    case NNZ_ACT_HARD_SWISH:
        unary(NNZ_ACT_HARD_SWISH, act, x, y, n);
        break;
    case NNZ_ACT_EXP:
        unary(NNZ_ACT_EXP, act, x, y, n);
        break;
    case NNZ_ACT_SQRT:
        unary(NNZ_ACT_SQRT, act, x, y, n);
        break;
    case NNZ_ACT_ABS:
        unary(NNZ_ACT_ABS, act, x, y, n);
        break;
    case NNZ_ACT_NEG:
        unary(NNZ_ACT_NEG, act, x, y, n);
        break;
    case NNZ_ACT_SILU:
        unary(NNZ_ACT_SILU, act, x, y, n);
        break;
    case NNZ_ACT_ERF:
        unary(NNZ_ACT_ERF, act, x, y, n);
        break;
    case NNZ_ACT_GELU:
        unary(NNZ_ACT_GELU, act, x, y, n);
        break;
    case NNZ_ACT_RECIPROCAL:
        unary(NNZ_ACT_RECIPROCAL, act, x, y, n);
        break;
    case NNZ_ACT_LOG:
        unary(NNZ_ACT_LOG, act, x, y, n);
        break;
    case NNZ_ACT_GELU_TANH:
        unary(NNZ_ACT_GELU_TANH, act, x, y, n);
        break;
    }
}
