/*
 * layernorm_exact_s8 in vectors. Each channel's step of Welford's recurrence waits for the one before it, so that
 * several vectors of pixels go side by side.
 */
#include "exact.h"

#include <math.h>

enum { SIDE_BY_SIDE = NNZ_EXACT_SCRATCH / LANES };

/* Of up to SIDE_BY_SIDE vectors of pixels. */
typedef struct moments {
    vec mean[SIDE_BY_SIDE], squares[SIDE_BY_SIDE];
} moments;

/* The pixels of vector v, of n that there are. */
VECTOR_INLINE size_t layernorm_lanes(size_t n, int v) {
    const size_t before = (size_t)v * LANES;
    return n <= before ? 0 : n - before < LANES ? n - before : LANES;
}

/* One channel's sums more. */
VECTOR_INLINE void layernorm_step(moments *m, int i, vec sum, const vdivisor *count, const bool moderate) {
    const vec difference = v_sub(sum, m->mean[i]);
    m->mean[i] = v_add(m->mean[i], v_divided(difference, count, moderate));
    m->squares[i] = v_add(m->squares[i], v_mul(difference, v_sub(sum, m->mean[i])));
}

/* The moments of the sums, which stay in scratch. */
VECTOR_INLINE moments layernorm_moments(const nnz_layernorm_s8 *a, size_t pixel, size_t n, const bool with_residual,
                                        const bool moderate) {
    moments m;
    for (int i = 0; i < SIDE_BY_SIDE; i++)
        m.mean[i] = m.squares[i] = v_set(0);
    for (uint32_t first = 0; first < a->channels; first += 4) {
        const int channels = a->channels - first < 4 ? (int)(a->channels - first) : 4;
        const vsum s = v_sum_of(&a->x, first, channels);
        const size_t at = first / 4 * a->x.stride + 4 * pixel;
        ivec x[SIDE_BY_SIDE], residual[SIDE_BY_SIDE];
        for (int i = 0; i < SIDE_BY_SIDE; i++) {
            const size_t lanes = layernorm_lanes(n, i), begin = lanes ? at + 4 * (size_t)i * LANES : at;
            x[i] = i_load_n(a->x.x + begin, lanes);
            residual[i] = with_residual ? i_load_n(a->x.residual + begin, lanes) : x[i];
        }
        for (int c = 0; c < channels; c++) {
            const float count = (float)(first + (uint32_t)c + 1);
            const vdivisor divisor = {v_set(count), v_set(-count), v_set(1 / count)};
            float *scratch = a->scratch + (first + (uint32_t)c) * NNZ_EXACT_SCRATCH;
            for (int i = 0; i < SIDE_BY_SIDE; i++) {
                const vec sum = v_sum_s8(&s, x[i], residual[i], c, with_residual);
                v_store(scratch + i * LANES, sum);
                layernorm_step(&m, i, sum, &divisor, moderate);
            }
        }
    }
    return m;
}

/* A vector of pixels: their sums in scratch, normalised and rounded. */
VECTOR_INLINE void layernorm_pixels(const nnz_layernorm_s8 *a, size_t pixel, size_t n, const float *sums, vec mean,
                                    const vdivisor *deviation, const vdivisor *scale, const bool moderate) {
    for (uint32_t first = 0; first < a->channels; first += 4) {
        const uint32_t channels = a->channels - first < 4 ? a->channels - first : 4;
        vec y[4] = {v_set(0), v_set(0), v_set(0), v_set(0)};
        for (uint32_t c = 0; c < channels; c++) {
            const vec d = v_sub(v_load(sums + (first + c) * NNZ_EXACT_SCRATCH), mean);
            y[c] = v_divided(d, deviation, moderate);
            if (a->gamma)
                y[c] = v_mul(y[c], v_set(a->gamma[first + c]));
            if (a->beta)
                y[c] = v_add(y[c], v_set(a->beta[first + c]));
        }
        v_store_divided(&a->y, scale, first, (int)channels, pixel, y, n, moderate);
    }
}

/* Whether no division is near the ends of float's range, but for that by a deviation: normalised sums are at most the
 * root of the channels' number. */
VECTOR_INLINE bool layernorm_is_moderate(const nnz_layernorm_s8 *a) {
    float most = most_of_sums(&a->x), gamma = a->gamma ? 0 : 1, beta = 0;
    for (uint32_t c = 0; c < a->channels; c++) {
        most += a->x.bias ? fabsf(a->x.bias[c]) : 0;
        gamma += a->gamma ? fabsf(a->gamma[c]) : 0;
        beta += a->beta ? fabsf(a->beta[c]) : 0;
    }
    const bool sums = is_moderate(a->x.scale) && (!a->x.residual || is_moderate(a->x.residual_scale)) && most < 0x1p50f;
    return sums && rounds_moderately(&a->y, 2 * sqrtf((float)a->channels) * gamma + beta);
}

/* By value, so that stores do not make the compiler load it again. */
VECTOR_INLINE void layernorm(const nnz_layernorm_s8 a, const bool with_residual) {
    const bool moderate = layernorm_is_moderate(&a);
    const vdivisor scale = v_divisor(v_set(a.y.scale));
    for (size_t pixel = 0; pixel < a.pixels; pixel += NNZ_EXACT_SCRATCH) {
        const size_t n = a.pixels - pixel;
        const moments m = moderate ? layernorm_moments(&a, pixel, n, with_residual, true)
                                   : layernorm_moments(&a, pixel, n, with_residual, false);
        for (int i = 0; i < SIDE_BY_SIDE && layernorm_lanes(n, i); i++) {
            const vec variance = v_div(m.squares[i], v_set((float)a.channels));
            const vec root = v_sqrt(v_add(variance, v_set(a.epsilon)));
            const vdivisor deviation = v_divisor(root);
            const size_t at = pixel + (size_t)i * LANES, lanes = layernorm_lanes(n, i);
            if (moderate && !v_any(v_less(root, v_set(0x1p-60f))))
                layernorm_pixels(&a, at, lanes, a.scratch + i * LANES, m.mean[i], &deviation, &scale, true);
            else
                layernorm_pixels(&a, at, lanes, a.scratch + i * LANES, m.mean[i], &deviation, &scale, false);
        }
    }
}

VECTOR_FUNCTION void VECTOR_NAME(layernorm_exact_s8)(const nnz_layernorm_s8 *a) {
    if (a->x.residual)
        layernorm(*a, true);
    else
        layernorm(*a, false);
}
