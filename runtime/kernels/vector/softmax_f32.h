/* softmax_f32 in vectors: along a contiguous axis, or for LANES neighbours at a time. Exponentials are raised by 2^60,
 * and so are their sums, which takes it out again. */
#include "math.h"

VECTOR_INLINE void softmax_row(const float *x, float *y, size_t n) {
    const size_t whole = n - n % LANES, rest = n % LANES;
    vec max = v_set(-INFINITY), sum = v_set(0);
    for (size_t i = 0; i < whole; i += LANES)
        max = v_max(v_load(x + i), max);
    if (rest)
        max = v_max(v_select(v_first(rest), v_load_n(x + whole, rest), max), max);
    max = v_set(v_reduce_max(max));
    for (size_t i = 0; i < whole; i += LANES) {
        const vec e = v_exp_raised(v_sub(v_load(x + i), max));
        v_store(y + i, e);
        sum = v_add(sum, e);
    }
    if (rest) {
        const vec e = v_exp_raised(v_sub(v_load_n(x + whole, rest), max));
        v_store_n(y + whole, e, rest);
        sum = v_add(sum, v_select(v_first(rest), e, v_set(0)));
    }
    const vec scale = v_set(1 / v_reduce_add(sum));
    for (size_t i = 0; i < whole; i += LANES)
        v_store(y + i, v_mul(v_load(y + i), scale));
    if (rest)
        v_store_n(y + whole, v_mul(v_load_n(y + whole, rest), scale), rest);
}

/* Lanes of vector v of `count` neighbours. */
VECTOR_INLINE size_t softmax_lanes(size_t count, int v) {
    const size_t left = count - (size_t)v * LANES;
    return left < LANES ? left : LANES;
}

/* `count` neighbours in V vectors, the last of which may have idle lanes; their sums are made of partial sums, as no
 * lanes share them. */
VECTOR_INLINE void softmax_neighbours(const float *x, size_t ldx, float *y, size_t ldy, size_t n, size_t count,
                                      const int V) {
    enum { PART = 256, MOST = 2 };
    vec max[MOST], sum[MOST], part[MOST];
    for (int v = 0; v < V; v++) {
        max[v] = v_set(-INFINITY);
        sum[v] = v_set(0);
    }
    for (size_t i = 0; i < n; i++)
        for (int v = 0; v < V; v++)
            max[v] = v_max(v_load_n(x + i * ldx + v * LANES, softmax_lanes(count, v)), max[v]);
    for (size_t begin = 0; begin < n; begin += PART) {
        const size_t end = n - begin < PART ? n : begin + PART;
        for (int v = 0; v < V; v++)
            part[v] = v_set(0);
        for (size_t i = begin; i < end; i++)
            for (int v = 0; v < V; v++) {
                const size_t lanes = softmax_lanes(count, v);
                const vec e = v_exp_raised(v_sub(v_load_n(x + i * ldx + v * LANES, lanes), max[v]));
                v_store_n(y + i * ldy + v * LANES, e, lanes);
                part[v] = v_add(part[v], e);
            }
        for (int v = 0; v < V; v++)
            sum[v] = v_add(sum[v], part[v]);
    }
    for (int v = 0; v < V; v++)
        sum[v] = v_div(v_set(1), sum[v]);
    for (size_t i = 0; i < n; i++)
        for (int v = 0; v < V; v++) {
            const size_t at = i * ldy + v * LANES, lanes = softmax_lanes(count, v);
            v_store_n(y + at, v_mul(v_load_n(y + at, lanes), sum[v]), lanes);
        }
}

VECTOR_FUNCTION void VECTOR_NAME(softmax_f32)(const float *x, size_t ldx, float *y, size_t ldy, size_t n,
                                              size_t count) {
    if (ldx == 1 && ldy == 1 && count == 1) {
        softmax_row(x, y, n);
        return;
    }
    size_t j = 0;
    for (; j + 2 * LANES <= count; j += 2 * LANES)
        softmax_neighbours(x + j, ldx, y + j, ldy, n, 2 * LANES, 2);
    for (; j < count; j += LANES)
        softmax_neighbours(x + j, ldx, y + j, ldy, n, softmax_lanes(count - j, 0), 1);
}
