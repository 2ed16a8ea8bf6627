/* Sums of eight pixels: what the int8 kernels of AVX2, with VNNI and without, share. */
#ifndef NNZ_AVX2_INT8_WORDS_H
#define NNZ_AVX2_INT8_WORDS_H

#include "../../src/requantize.h"
#include "../vector/word.h"
#include "avx2.h"

#ifdef NNZ_X86_64

enum { PIXELS = 8, CELL = 4, S8_OFFSET = 128 }; /* a tile holds x + 128 */
typedef __m256i ivec;

VECTOR_INLINE ivec i_set(int32_t x) {
    return _mm256_set1_epi32(x);
}

VECTOR_INLINE ivec i_add(ivec a, ivec b) {
    return _mm256_add_epi32(a, b);
}

VECTOR_INLINE ivec i_mul(ivec a, ivec b) {
    return _mm256_mullo_epi32(a, b);
}

VECTOR_INLINE ivec i_min(ivec a, ivec b) {
    return _mm256_min_epi32(a, b);
}

VECTOR_INLINE ivec i_max(ivec a, ivec b) {
    return _mm256_max_epi32(a, b);
}

/* As bytes. */
VECTOR_INLINE ivec i_clamp_bytes(ivec x, int32_t lo, int32_t hi) {
    return _mm256_min_epi8(_mm256_set1_epi8((int8_t)hi), _mm256_max_epi8(_mm256_set1_epi8((int8_t)lo), x));
}

/* acc x 2^shift, saturated. */
VECTOR_INLINE ivec i_shift_saturating(ivec acc, uint32_t shift) {
    const ivec high = i_set(INT32_MAX >> shift), low = i_set(-(INT32_MAX >> shift) - 1);
    ivec t = _mm256_sll_epi32(acc, _mm_cvtsi32_si128((int)shift));
    t = _mm256_blendv_epi8(t, i_set(INT32_MAX), _mm256_cmpgt_epi32(acc, high));
    return _mm256_blendv_epi8(t, i_set(INT32_MIN), _mm256_cmpgt_epi32(low, acc));
}

/* The zero point of a result and half of its unit, as i_requantize() adds them to its 64-bit products. */
VECTOR_INLINE ivec i_rounding(int32_t zero) {
    return _mm256_set1_epi64x((int64_t)zero * ((int64_t)1 << 32) + ((int64_t)1 << 31));
}

/* Odd lanes in the even ones: unlike a shift, on a port that no multiplication needs. */
VECTOR_INLINE ivec i_odd_as_even(ivec x) {
    return _mm256_castps_si256(_mm256_movehdup_ps(_mm256_castsi256_ps(x)));
}

/* R(acc, multiplier, shift) + zero, of even lanes and of odd ones; for the odd ones `odd_multiplier` holds the
 * multiplier in its even lanes. */
VECTOR_INLINE ivec i_requantize_by(ivec acc, ivec multiplier, ivec odd_multiplier, uint32_t shift, ivec rounding) {
    if (shift)
        acc = i_shift_saturating(acc, shift);
    const ivec even = _mm256_add_epi64(_mm256_mul_epi32(acc, multiplier), rounding);
    const ivec odd = _mm256_add_epi64(_mm256_mul_epi32(i_odd_as_even(acc), odd_multiplier), rounding);
    return _mm256_blend_epi32(i_odd_as_even(even), odd, 0xAA);
}

/* With one multiplier for all lanes. */
VECTOR_INLINE ivec i_requantize(ivec acc, ivec multiplier, uint32_t shift, ivec rounding) {
    return i_requantize_by(acc, multiplier, multiplier, shift, rounding);
}

/* With a multiplier for each lane. */
VECTOR_INLINE ivec i_requantize_each(ivec acc, ivec multiplier, uint32_t shift, ivec rounding) {
    return i_requantize_by(acc, multiplier, _mm256_srli_epi64(multiplier, 32), shift, rounding);
}

/* The same where nnz_requantizes_in_f32(): scale is multiplier / 2^32, rounding NNZ_F32_UNITS + zero. */
#define REQUANTIZES_IN_F32
VECTOR_INLINE ivec i_requantize_in_f32(ivec acc, float scale, float rounding) {
    const __m256 sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc), _mm256_set1_ps(scale), _mm256_set1_ps(rounding));
    return _mm256_sub_epi32(_mm256_castps_si256(sum), _mm256_castps_si256(_mm256_set1_ps(NNZ_F32_UNITS)));
}

/* acc x factor in float32, a factor by its bits, rounded half to even. */
VECTOR_INLINE ivec i_multiply(ivec acc, ivec factor) {
    return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(acc), _mm256_castsi256_ps(factor)));
}

/* Two channels of the same pixels as 16-bit values, saturated; only i_narrow_channels() knows their order. */
VECTOR_INLINE ivec i_narrow_pair(ivec a, ivec b) {
    return _mm256_packs_epi32(a, b);
}

/* Two pairs of channels as words of four bytes, saturated, a pixel each. */
VECTOR_INLINE ivec i_narrow_channels(ivec ab, ivec cd) {
    const __m128i interleave = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm256_shuffle_epi8(_mm256_packs_epi16(ab, cd), _mm256_broadcastsi128_si256(interleave));
}

/* Four vectors of one channel as bytes, saturated; only i_interleave_rows() knows their order. */
VECTOR_INLINE ivec i_narrow_four(const ivec v[4]) {
    return _mm256_packs_epi16(_mm256_packs_epi32(v[0], v[1]), _mm256_packs_epi32(v[2], v[3]));
}

/* The bytes of four channels as words of four, a pixel each. */
VECTOR_INLINE void i_interleave_rows(const ivec rows[4], ivec words[4]) {
    const ivec low01 = _mm256_unpacklo_epi8(rows[0], rows[1]), high01 = _mm256_unpackhi_epi8(rows[0], rows[1]);
    const ivec low23 = _mm256_unpacklo_epi8(rows[2], rows[3]), high23 = _mm256_unpackhi_epi8(rows[2], rows[3]);
    words[0] = _mm256_unpacklo_epi16(low01, low23);
    words[1] = _mm256_unpackhi_epi16(low01, low23);
    words[2] = _mm256_unpacklo_epi16(high01, high23);
    words[3] = _mm256_unpackhi_epi16(high01, high23);
}

/* Puts the low byte of each lane of y, which holds an int8, into byte `byte` of `words`, which is zero. */
VECTOR_INLINE ivec i_insert_byte(ivec words, ivec y, int byte) {
    return _mm256_or_si256(words, _mm256_slli_epi32(_mm256_and_si256(y, i_set(0xFF)), 8 * byte));
}

/* The first n lanes, n at most PIXELS. */
VECTOR_INLINE ivec i_first(size_t n) {
    static const int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const void *)(ones + 8 - n));
}

/* n words of four bytes, at most PIXELS, the others 0. */
VECTOR_INLINE ivec i_load_n(const void *x, size_t n) {
    return n == PIXELS ? _mm256_loadu_si256(x) : _mm256_maskload_epi32(x, i_first(n));
}

VECTOR_INLINE void i_store_n(void *y, ivec words, size_t n) {
    if (n == PIXELS)
        _mm256_storeu_si256(y, words);
    else
        _mm256_maskstore_epi32(y, i_first(n), words);
}

/* The first n lanes, which hold int8, as bytes. */
VECTOR_INLINE void i_store_bytes_n(int8_t *y, ivec x, size_t n) {
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    const __m128i bytes = _mm_packs_epi16(words, words);
    if (n == PIXELS) {
        _mm_storel_epi64((void *)y, bytes);
        return;
    }
    int8_t copy[PIXELS];
    _mm_storel_epi64((void *)copy, bytes);
    __builtin_memcpy(y, copy, n);
}

#endif

#endif
