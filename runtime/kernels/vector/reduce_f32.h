/* reduce_f32 in vectors: four partial results, which hide the latency of an addition. Maximum and minimum pass over
 * NaN. */
#include <math.h>

/* A NaN in x or already in the result stays. */
VECTOR_INLINE vec v_combine(int function, vec x, vec result) {
    if (function == NNZ_REDUCE_SUM)
        return v_add(x, result);
    return v_select(v_is_nan(x), x, function == NNZ_REDUCE_MAX ? v_max(x, result) : v_min(x, result));
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

/* The largest (`sign` 1) or smallest (-1) lane, or NaN. */
VECTOR_INLINE float extreme_lane(vec x, float sign) {
    float lanes[LANES];
    v_store(lanes, x);
    float result = lanes[0];
    for (int i = 1; i < LANES; i++)
        result = sign * lanes[i] > sign * result || lanes[i] != lanes[i] ? lanes[i] : result;
    return result;
}

VECTOR_FUNCTION float VECTOR_NAME(reduce_f32)(int function, const float *x, size_t n) {
    if (function == NNZ_REDUCE_SUM)
        return v_reduce_add(reduce(NNZ_REDUCE_SUM, 0, x, n));
    if (function == NNZ_REDUCE_MAX)
        return extreme_lane(reduce(NNZ_REDUCE_MAX, -INFINITY, x, n), 1);
    return extreme_lane(reduce(NNZ_REDUCE_MIN, INFINITY, x, n), -1);
}
