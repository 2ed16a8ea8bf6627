/* binary_f32 in vectors. */
#include <math.h>

VECTOR_INLINE vec v_binary(int function, vec a, vec b) {
    switch (function) {
    case NNZ_BINARY_ADD:
        return v_add(a, b);
    case NNZ_BINARY_SUB:
        return v_sub(a, b);
    case NNZ_BINARY_MUL:
        return v_mul(a, b);
    case NNZ_BINARY_DIV:
        return v_div(a, b);
    case NNZ_BINARY_MIN:
        return v_select(v_is_nan(a), a, v_min(a, b));
    case NNZ_BINARY_MAX:
        return v_select(v_is_nan(a), a, v_max(a, b));
    default: /* NNZ_BINARY_PRELU */
        return v_select(v_less(a, v_set(0)), v_mul(a, b), a);
    }
}

VECTOR_INLINE void binary_loop(int function, const float *a, size_t a_step, const float *b, size_t b_step, float *y,
                               size_t n) {
    const vec a0 = v_set(*a), b0 = v_set(*b);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_store(y + i, v_binary(function, a_step ? v_load(a + i) : a0, b_step ? v_load(b + i) : b0));
    if (i < n) {
        const size_t rest = n - i;
        v_store_n(y + i, v_binary(function, a_step ? v_load_n(a + i, rest) : a0, b_step ? v_load_n(b + i, rest) : b0),
                  rest);
    }
}

VECTOR_INLINE void binary(int function, const float *a, size_t a_step, const float *b, size_t b_step, float *y,
                          size_t n) {
    if (a_step && b_step)
        binary_loop(function, a, 1, b, 1, y, n);
    else if (a_step)
        binary_loop(function, a, 1, b, 0, y, n);
    else if (b_step)
        binary_loop(function, a, 0, b, 1, y, n);
    else
        binary_loop(function, a, 0, b, 0, y, n);
}

/* The function is a constant in each call, so that each gets loops of its own. */
VECTOR_FUNCTION void VECTOR_NAME(binary_f32)(int function, const float *a, size_t a_step, const float *b, size_t b_step,
                                             float *y, size_t n) {
    if (n == 0)
        return;
    switch (function) {
    case NNZ_BINARY_ADD:
        binary(NNZ_BINARY_ADD, a, a_step, b, b_step, y, n);
        break;
    case NNZ_BINARY_SUB:
        binary(NNZ_BINARY_SUB, a, a_step, b, b_step, y, n);
        break;
    case NNZ_BINARY_MUL:
        binary(NNZ_BINARY_MUL, a, a_step, b, b_step, y, n);
        break;
    case NNZ_BINARY_DIV:
        binary(NNZ_BINARY_DIV, a, a_step, b, b_step, y, n);
        break;
    case NNZ_BINARY_MIN:
        binary(NNZ_BINARY_MIN, a, a_step, b, b_step, y, n);
        break;
    case NNZ_BINARY_MAX:
        binary(NNZ_BINARY_MAX, a, a_step, b, b_step, y, n);
        break;
    case NNZ_BINARY_PRELU:
        binary(NNZ_BINARY_PRELU, a, a_step, b, b_step, y, n);
        break;
    case NNZ_BINARY_POW: /* too rare, and too delicate, for a vector form */
        for (size_t i = 0; i < n; i++)
            y[i] = powf(a[i * a_step], b[i * b_step]);
        break;
    }
}
