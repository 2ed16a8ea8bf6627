/* Two pixels of four channels a vector, their sums and bytes: what depthwise_s8 has with VNNI and without. */
#ifndef NNZ_AVX2_PIXELS_H
#define NNZ_AVX2_PIXELS_H

#include "../tap_shuffle.h"

#ifdef NNZ_X86_64

enum { GROUP = 2 };

VECTOR_INLINE __m256i d_shuffle(__m256i pixels, uint32_t taps) {
    return _mm256_shuffle_epi8(pixels,
                               _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)nnz_tap_shuffle[taps])));
}

/* Four pixels from x on, and four from `stride` pixels further on, if n is 2. */
VECTOR_INLINE __m256i d_load(const int8_t *x, uint32_t stride, size_t n) {
    const __m128i first = _mm_loadu_si128((const void *)x);
    const __m128i second = _mm_loadu_si128((const void *)(x + 4 * (n - 1) * stride));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}

VECTOR_INLINE ivec d_repeat(const int32_t values[4]) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)values));
}

/* n pixels, clamped. */
VECTOR_INLINE void d_store(int8_t *y, ivec v, int32_t lo, int32_t hi, size_t n) {
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    __m128i bytes = _mm_packs_epi16(words, words);
    bytes = _mm_max_epi8(_mm_set1_epi8((int8_t)lo), _mm_min_epi8(_mm_set1_epi8((int8_t)hi), bytes));
    if (n == GROUP)
        _mm_storel_epi64((void *)y, bytes);
    else
        _mm_storeu_si32(y, bytes);
}

/* ---- A column of a window ---------------------------------------------------------------------------------------- */

VECTOR_INLINE void d_interleave(const ivec rows[4], ivec column[4]) {
    ivec low[2], high[2];
    for (int i = 0; i < 2; i++) {
        low[i] = _mm256_unpacklo_epi8(rows[2 * i], rows[2 * i + 1]);
        high[i] = _mm256_unpackhi_epi8(rows[2 * i], rows[2 * i + 1]);
    }
    column[0] = _mm256_unpacklo_epi16(low[0], low[1]);
    column[1] = _mm256_unpackhi_epi16(low[0], low[1]);
    column[2] = _mm256_unpacklo_epi16(high[0], high[1]);
    column[3] = _mm256_unpackhi_epi16(high[0], high[1]);
}

/* The columns four pixels further on. */
VECTOR_INLINE ivec d_next_four(ivec column, ivec next_block) {
    return _mm256_permute2x128_si256(column, next_block, 0x21);
}

/* ---- Results ----------------------------------------------------------------------------------------------------- */

typedef struct dform {
    ivec multiplier, odd_multiplier, rounding, lo, hi;
    uint32_t shift;
} dform;

VECTOR_INLINE dform d_form(const nnz_depthwise_s8 *a) {
    const ivec multiplier = d_repeat(a->multiplier);
    return (dform){multiplier,
                   _mm256_srli_epi64(multiplier, 32),
                   i_rounding(a->zero),
                   _mm256_set1_epi8((int8_t)a->lo),
                   _mm256_set1_epi8((int8_t)a->hi),
                   a->shift};
}

/* Four vectors of sums as bytes: in each lane of 128 bits a pixel of each. */
VECTOR_INLINE ivec d_narrow(const dform *form, const ivec sums[4]) {
    ivec v[4];
    for (int i = 0; i < 4; i++)
        v[i] = i_requantize_by(sums[i], form->multiplier, form->odd_multiplier, form->shift, form->rounding);
    const ivec bytes = _mm256_packs_epi16(_mm256_packs_epi32(v[0], v[1]), _mm256_packs_epi32(v[2], v[3]));
    return _mm256_min_epi8(form->hi, _mm256_max_epi8(form->lo, bytes));
}

/* Of pixels 0, 1, 4, 5; 2, 3, 6, 7. */
VECTOR_INLINE ivec d_order_stride2(ivec pixels) {
    return _mm256_permute4x64_epi64(pixels, _MM_SHUFFLE(3, 1, 2, 0));
}

#endif

#endif
