/* affine_s8 in vectors: LANES pixels of four channels go through all steps in registers. */
#include "functions.h"
#include "real_s8.h"

#include <math.h>

/* Any other function, by the kernel for it. */
#define AFFINE_OTHERS -1
VECTOR_INLINE void affine_call(const nnz_affine_s8 *a, vec v[4]) {
    float real[4 * LANES];
    for (int c = 0; c < 4; c++)
        v_store(real + c * LANES, v[c]);
    a->unary(a->function, a->act, real, real, 4 * LANES);
    for (int c = 0; c < 4; c++)
        v[c] = v_load(real + c * LANES);
}

/* Whether all results of a plane, divided by y's scale, are below 2^30: its sums are, and the function lessens them. */
VECTOR_INLINE bool affine_is_bounded(const nnz_affine_s8 *a, uint32_t first, int channels, const int function) {
    enum { BYTES = 256 }; /* |byte - zero point| is less */
    float most = 0;
    for (int c = 0; c < channels && a->x.bias; c++)
        most += fabsf(a->x.bias[first + (uint32_t)c]);
    most += BYTES * a->x.scale + (a->x.residual ? BYTES * a->x.residual_scale : 0);
    return (function == NNZ_ACT_NONE || function == NNZ_ACT_GELU) && most * a->y.scale < 0x1p30f;
}

/* The plane that begins with channel `first` and has `channels` of its four. */
VECTOR_INLINE void affine_plane(const nnz_affine_s8 *a, uint32_t first, int channels, const int function,
                                const bool with_residual) {
    const size_t plane = first / 4 * a->x.stride;
    const int8_t *x = a->x.x + plane, *residual = with_residual ? a->x.residual + plane : x;
    const vsum s = v_sum_of(&a->x, first, channels);
    const bool bounded = affine_is_bounded(a, first, channels, function);
    for (size_t p = 0; p < a->pixels; p += LANES) {
        const size_t n = a->pixels - p < LANES ? a->pixels - p : LANES;
        const ivec words = i_load_n(x + 4 * p, n), others = with_residual ? i_load_n(residual + 4 * p, n) : words;
        vec v[4];
        for (int c = 0; c < 4; c++)
            v[c] = v_sum_s8(&s, words, others, c, with_residual);
        if (function == AFFINE_OTHERS)
            affine_call(a, v);
        for (int c = 0; c < 4; c++)
            v[c] = v_unary(function, v_set(a->act[0]), v_set(a->act[1]), v[c]);
        v_store_rounded(&a->y, first, channels, p, v, n, bounded);
    }
}

#include "affine_planes.h"

VECTOR_FUNCTION void VECTOR_NAME(affine_s8)(const nnz_affine_s8 *a) {
    affine(a);
}
