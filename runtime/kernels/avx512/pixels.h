/* Four pixels of four channels a vector, their sums and bytes: what depthwise_s8 has with VNNI and without. */
#ifndef NNZ_AVX512_PIXELS_H
#define NNZ_AVX512_PIXELS_H

#include "../tap_shuffle.h"

#ifdef NNZ_X86_64

enum { GROUP = 4 };

VECTOR_INLINE __m512i d_shuffle(__m512i pixels, uint32_t taps) {
    return _mm512_shuffle_epi8(pixels, _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)nnz_tap_shuffle[taps])));
}

/* In each of four lanes four pixels, `stride` pixels further on than in the lane before; n of the lanes are used. */
VECTOR_INLINE __m512i d_load(const int8_t *x, uint32_t stride, size_t n) {
    if (stride <= 2) {
        const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
        const __m512i steps = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
        const __m512i from = _mm512_add_epi32(lanes, stride == 2 ? _mm512_add_epi32(steps, steps) : steps);
        return _mm512_permutexvar_epi32(from, _mm512_loadu_si512(x));
    }
    __m512i pixels = _mm512_castsi128_si512(_mm_loadu_si128((const void *)x));
    for (size_t i = 1; i < n; i++) {
        const __m512i lane = _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)(x + 4 * i * stride)));
        pixels = _mm512_mask_mov_epi32(pixels, (__mmask16)(15u << 4 * i), lane);
    }
    return pixels;
}

VECTOR_INLINE ivec d_repeat(const int32_t values[4]) {
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)values));
}

/* n pixels, clamped. */
VECTOR_INLINE void d_store(int8_t *y, ivec v, int32_t lo, int32_t hi, size_t n) {
    __m128i bytes = _mm512_cvtsepi32_epi8(v);
    bytes = _mm_max_epi8(_mm_set1_epi8((int8_t)lo), _mm_min_epi8(_mm_set1_epi8((int8_t)hi), bytes));
    _mm_mask_storeu_epi32(y, (__mmask8)((1u << n) - 1), bytes);
}

#endif

#endif
