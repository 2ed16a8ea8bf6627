/* affine_exact_s8 in vectors: LANES pixels of four channels go through all steps in registers. */
#include "exact.h"

#include <math.h>

/*
 * GELU, rounded: from the one of the ISA, which is faster, where no result is so near to a tie that their difference
 * counts. Both are within 2.5e-7 |x| of GELU, and 1 / scale adds half as much: `border` is 0.5 less that.
 */
VECTOR_INLINE ivec affine_gelu(const vec v[4], const vdivisor *scale, int32_t zero, vec border, const bool moderate) {
    vec y[4], largest = v_set(0);
    for (int c = 0; c < 4; c++) {
        y[c] = v_mul(v_gelu(v[c]), scale->reciprocal);
        largest = v_max(v_abs(v_sub(y[c], v_of(i_round(y[c])))), largest);
    }
    if (moderate && !v_any(v_less(border, largest)))
        return i_round_channels(y, 1, zero, true);
    for (int c = 0; c < 4; c++)
        y[c] = v_div(v_exact_gelu(v[c]), scale->divisor);
    return i_round_channels(y, 1, zero, false);
}

/* The plane that begins with channel `first` and has `channels` of its four. */
VECTOR_INLINE void affine_plane(const nnz_affine_s8 *a, uint32_t first, int channels, const int function,
                                const bool with_residual) {
    const size_t plane = first / 4 * a->x.stride;
    const int8_t *x = a->x.x + plane, *residual = with_residual ? a->x.residual + plane : x;
    const vsum s = v_sum_of(&a->x, first, channels);
    float most = most_of_sums(&a->x);
    for (int c = 0; c < channels && a->x.bias; c++)
        most += fabsf(a->x.bias[first + (uint32_t)c]);
    if (function == NNZ_ACT_CLIP)
        most += fabsf(a->act[0]) + fabsf(a->act[1]);
    const bool moderate = rounds_moderately(&a->y, most);
    const vec border = v_set(0.5f - 6e-7f * most / a->y.scale);
    const vdivisor scale = v_divisor(v_set(a->y.scale));
    for (size_t p = 0; p < a->pixels; p += LANES) {
        const size_t n = a->pixels - p < LANES ? a->pixels - p : LANES;
        const ivec words = i_load_n(x + 4 * p, n), others = with_residual ? i_load_n(residual + 4 * p, n) : words;
        vec v[4];
        for (int c = 0; c < 4; c++)
            v[c] = v_sum_s8(&s, words, others, c, with_residual);
        if (function == NNZ_ACT_GELU && a->y.y) {
            const ivec rounded = affine_gelu(v, &scale, a->y.zero, border, moderate);
            i_store_n(a->y.y + first / 4 * a->y.stride + 4 * p, rounded, n);
            continue;
        }
        for (int c = 0; c < 4; c++)
            if (function == NNZ_ACT_CLIP)
                v[c] = v_min(v_set(a->act[1]), v_max(v_set(a->act[0]), v[c]));
            else if (function == NNZ_ACT_GELU)
                v[c] = v_exact_gelu(v[c]);
        v_store_divided(&a->y, &scale, first, channels, p, v, n, moderate);
    }
}

#include "affine_planes.h"

VECTOR_FUNCTION void VECTOR_NAME(affine_exact_s8)(const nnz_affine_s8 *a) {
    affine(a);
}
