/* The activations and unary functions of docs/FORMAT.md in vectors; v_gelu() comes from the includer. */
#ifndef NNZ_VECTOR_FUNCTIONS_H
#define NNZ_VECTOR_FUNCTIONS_H

#include "math.h"

VECTOR_INLINE vec v_clip(vec x, vec lo, vec hi) {
    return v_min(hi, v_max(lo, x)); /* in this order NaN passes */
}

VECTOR_INLINE vec v_unary(int function, vec a, vec b, vec x) {
    const vec zero = v_set(0), half = v_set(0.5f), one = v_set(1);
    switch (function) {
    case NNZ_ACT_CLIP:
        return v_clip(x, a, b);
    case NNZ_ACT_LEAKY_RELU:
        return v_select(v_less(x, zero), v_mul(a, x), x);
    case NNZ_ACT_SIGMOID:
        return v_sigmoid(x);
    case NNZ_ACT_TANH:
        return v_tanh(x);
    case NNZ_ACT_HARD_SIGMOID:
        return v_clip(v_fma(a, x, b), zero, one);
    case NNZ_ACT_HARD_SWISH:
        return v_mul(x, v_clip(v_fma(x, v_set(1.0f / 6), half), zero, one));
    case NNZ_ACT_EXP:
        return v_exp(x);
    case NNZ_ACT_SQRT:
        return v_sqrt(x);
    case NNZ_ACT_ABS:
        return v_abs(x);
    case NNZ_ACT_NEG:
        return v_neg(x);
    case NNZ_ACT_SILU:
        return v_mul(x, v_sigmoid(x));
    case NNZ_ACT_ERF:
        return v_erf(x);
    case NNZ_ACT_GELU:
        return v_gelu(x);
    case NNZ_ACT_RECIPROCAL:
        return v_div(one, x);
    case NNZ_ACT_LOG:
        return v_log(x);
    case NNZ_ACT_GELU_TANH: {
        const vec inner = v_fma(v_mul(v_mul(x, x), x), v_set(0.044715f), x);
        return v_mul(v_mul(half, x), v_add(one, v_tanh(v_mul(inner, v_set(0.797884561f)))));
    }
    default:
        return x;
    }
}

#endif
