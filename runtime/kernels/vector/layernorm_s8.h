/* layernorm_s8 in vectors: LANES pixels at a time, whose sums wait in scratch. */
#include "real_s8.h"

/* The sums of n pixels to scratch; returns their means. */
VECTOR_INLINE vec layernorm_sums(const nnz_layernorm_s8 *a, size_t pixel, size_t n, const bool with_residual) {
    vec sums[4] = {v_set(0), v_set(0), v_set(0), v_set(0)};
    for (uint32_t first = 0; first < a->channels; first += 4) {
        const size_t at = first / 4 * a->x.stride + 4 * pixel;
        const int channels = a->channels - first < 4 ? (int)(a->channels - first) : 4;
        const vsum s = v_sum_of(&a->x, first, channels);
        const ivec x = i_load_n(a->x.x + at, n), residual = with_residual ? i_load_n(a->x.residual + at, n) : x;
        for (int c = 0; c < channels; c++) {
            const vec v = v_sum_s8(&s, x, residual, c, with_residual);
            v_store(a->scratch + (first + (uint32_t)c) * LANES, v);
            sums[c] = v_add(sums[c], v);
        }
    }
    return v_div(v_add(v_add(sums[0], sums[1]), v_add(sums[2], sums[3])), v_set((float)a->channels));
}

/* 1 / sqrt(variance + epsilon) */
VECTOR_INLINE vec layernorm_scale(const nnz_layernorm_s8 *a, vec mean) {
    vec sums[4] = {v_set(0), v_set(0), v_set(0), v_set(0)};
    for (uint32_t channel = 0; channel < a->channels; channel += 4)
        for (uint32_t c = 0; c < 4 && channel + c < a->channels; c++) {
            const vec d = v_sub(v_load(a->scratch + (channel + c) * LANES), mean);
            sums[c] = v_fma(d, d, sums[c]);
        }
    const vec squares = v_add(v_add(sums[0], sums[1]), v_add(sums[2], sums[3]));
    const vec variance = v_div(squares, v_set((float)a->channels));
    return v_div(v_set(1), v_sqrt(v_add(variance, v_set(a->epsilon))));
}

VECTOR_INLINE void layernorm_pixels(const nnz_layernorm_s8 *a, size_t pixel, size_t n, vec mean) {
    const vec scale = layernorm_scale(a, mean);
    for (uint32_t first = 0; first < a->channels; first += 4) {
        const uint32_t channels = a->channels - first < 4 ? a->channels - first : 4;
        vec y[4] = {v_set(0), v_set(0), v_set(0), v_set(0)};
        for (uint32_t c = 0; c < channels; c++) {
            const vec d = v_sub(v_load(a->scratch + (first + c) * LANES), mean);
            const vec gamma = v_set(a->gamma ? a->gamma[first + c] : 1), beta = v_set(a->beta ? a->beta[first + c] : 0);
            y[c] = v_fma(v_mul(d, scale), gamma, beta);
        }
        v_store_rounded(&a->y, first, (int)channels, pixel, y, n, false);
    }
}

/* By value, so that stores do not make the compiler load it again. */
VECTOR_INLINE void layernorm(const nnz_layernorm_s8 a, const bool with_residual) {
    for (size_t pixel = 0; pixel < a.pixels; pixel += LANES) {
        const size_t n = a.pixels - pixel < LANES ? a.pixels - pixel : LANES;
        layernorm_pixels(&a, pixel, n, layernorm_sums(&a, pixel, n, with_residual));
    }
}

VECTOR_FUNCTION void VECTOR_NAME(layernorm_s8)(const nnz_layernorm_s8 *a) {
    if (a->x.residual)
        layernorm(*a, true);
    else
        layernorm(*a, false);
}
