/* reduce_f32: maxima and minima in four vectors of partial results, sums of as many runs at a time as a vector has
 * lanes where levels transpose, or of eight; all hide the latency of an addition. */
#include <math.h>

enum { RUNS = 8 };

/* y[r] = sum of run r, each in order. */
VECTOR_INLINE void sum_runs(const float *x, size_t n, float *y, const int count) {
    float total[RUNS] = {0};
    for (size_t i = 0; i < n; i++)
        for (int r = 0; r < count; r++)
            total[r] += x[(size_t)r * n + i];
    for (int r = 0; r < count; r++)
        y[r] = total[r];
}

#ifdef VECTOR_TRANSPOSE

/* The same for LANES runs, a lane each: LANES elements of all of them are transposed at a time. */
VECTOR_INLINE void sum_lanes(const float *x, size_t n, float *y) {
    vec total = v_set(0);
    for (size_t i = 0; i < n; i += LANES) {
        const size_t count = n - i < LANES ? n - i : LANES;
        vec elements[LANES];
#pragma GCC unroll 16
        for (size_t r = 0; r < LANES; r++)
            elements[r] = count == LANES ? v_load(x + r * n + i) : v_load_n(x + r * n + i, count);
        v_transpose(elements);
#pragma GCC unroll 16
        for (size_t j = 0; j < LANES; j++)
            total = v_add(total, elements[j]); /* of 0 past the end: no sum is -0 */
    }
    v_store(y, total);
}

#endif

/* A NaN in x or already in the result stays. */
VECTOR_INLINE vec v_combine(int function, vec x, vec result) {
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

VECTOR_FUNCTION void VECTOR_NAME(reduce_f32)(int function, const float *x, size_t n, float *y, size_t count) {
    size_t i = 0;
#ifdef VECTOR_TRANSPOSE
    for (; function == NNZ_REDUCE_SUM && i + LANES <= count; i += LANES)
        sum_lanes(x + i * n, n, y + i);
#endif
    for (; function == NNZ_REDUCE_SUM && i + RUNS <= count; i += RUNS)
        sum_runs(x + i * n, n, y + i, RUNS);
    for (; i < count; i++) {
        if (function == NNZ_REDUCE_SUM)
            sum_runs(x + i * n, n, y + i, 1);
        else if (function == NNZ_REDUCE_MAX)
            y[i] = extreme_lane(reduce(NNZ_REDUCE_MAX, -INFINITY, x + i * n, n), 1);
        else
            y[i] = extreme_lane(reduce(NNZ_REDUCE_MIN, INFINITY, x + i * n, n), -1);
    }
}
