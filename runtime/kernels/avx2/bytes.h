/* Between bytes, 32-bit lanes and floats, for AVX2: what the elementwise int8 kernels are written in. */
#ifndef NNZ_AVX2_BYTES_H
#define NNZ_AVX2_BYTES_H

#include "int8.h"
#include "vector.h"

#ifdef NNZ_X86_64

VECTOR_INLINE ivec i_sub(ivec a, ivec b) {
    return _mm256_sub_epi32(a, b);
}

VECTOR_INLINE ivec i_mul(ivec a, ivec b) {
    return _mm256_mullo_epi32(a, b);
}

/* floor(x / 2^shift) */
VECTOR_INLINE ivec i_floor_shift(ivec x, uint32_t shift) {
    return _mm256_sra_epi32(x, _mm_cvtsi32_si128((int)shift));
}

/* LANES bytes, one a lane. */
VECTOR_INLINE ivec i_load_bytes(const int8_t *x) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const void *)x));
}

/* Four bytes, over and over. */
VECTOR_INLINE ivec i_repeat_bytes(const int8_t *x) {
    return _mm256_cvtepi8_epi32(_mm_set1_epi32(i_word(x)));
}

/* The lanes hold int8. */
VECTOR_INLINE void i_store_bytes(int8_t *y, ivec x) {
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    _mm_storel_epi64((void *)y, _mm_packs_epi16(words, words));
}

/* n words of four bytes, the others 0; n at most LANES. */
VECTOR_INLINE ivec i_load_n(const int8_t *x, size_t n) {
    return _mm256_maskload_epi32((const void *)x, _mm256_castps_si256(v_first(n)));
}

/* Every other one of 2 LANES - 1 words. */
VECTOR_INLINE ivec i_load_even(const int8_t *x) {
    return _mm256_castps_si256(v_load_even((const float *)(const void *)x));
}

/* n words of four bytes at distances of `stride` words, the others 0. */
VECTOR_INLINE ivec i_gather_n(const int8_t *x, uint32_t stride, size_t n) {
    return _mm256_castps_si256(v_gather_n((const float *)(const void *)x, stride, n));
}

/* ---- All bytes of the words -------------------------------------------------------------------------------------- */

VECTOR_INLINE ivec i_set_bytes(int8_t x) {
    return _mm256_set1_epi8(x);
}

VECTOR_INLINE ivec i_min_bytes(ivec a, ivec b) {
    return _mm256_min_epi8(a, b);
}

VECTOR_INLINE ivec i_max_bytes(ivec a, ivec b) {
    return _mm256_max_epi8(a, b);
}

/* Byte `byte` of each word. */
VECTOR_INLINE ivec i_byte(ivec words, int byte) {
    return _mm256_srai_epi32(_mm256_slli_epi32(words, 24 - 8 * byte), 24);
}

/* Half to even. */
VECTOR_INLINE ivec i_round(vec x) {
    return _mm256_cvtps_epi32(x);
}

VECTOR_INLINE vec v_of(ivec x) {
    return _mm256_cvtepi32_ps(x);
}

#endif

#endif
