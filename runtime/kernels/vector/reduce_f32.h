/* reduce_f32 in vectors: four partial results, which hide the latency of an addition. Maximum and minimum pass over
 * NaN. */
#include <math.h>

VECTOR_INLINE vec v_combine(int function, vec x, vec result) {
    return function == NNZ_REDUCE_SUM   ? v_add(x, result)
           : function == NNZ_REDUCE_MAX ? v_max(x, result)
                                        : v_min(x, result);
}

VECTOR_INLINE vec reduce(int function, float start, const float *x, size_t n) {
    vec a = v_set(start), b = a, c = a, d = a;
    size_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        a = v_combine(function, v_load(x + i), a);
        b = v_combine(function, v_load(x + i + LANES), b);
        c = v_combine(function, v_load(x + i + 2 * LANES), c);
        d = v_combine(function, v_load(x + i + 3 * LANES), d);
    }
    for (; i + LANES <= n; i += LANES)
        a = v_combine(function, v_load(x + i), a);
    if (i < n)
        b = v_combine(function, v_select(v_first(n - i), v_load_n(x + i, n - i), v_set(start)), b);
    return v_combine(function, v_combine(function, a, b), v_combine(function, c, d));
}

VECTOR_FUNCTION float VECTOR_NAME(reduce_f32)(int function, const float *x, size_t n) {
    if (function == NNZ_REDUCE_SUM)
        return v_reduce_add(reduce(NNZ_REDUCE_SUM, 0, x, n));
    if (function == NNZ_REDUCE_MAX)
        return v_reduce_max(reduce(NNZ_REDUCE_MAX, -INFINITY, x, n));
    return -v_reduce_max(v_neg(reduce(NNZ_REDUCE_MIN, INFINITY, x, n)));
}
