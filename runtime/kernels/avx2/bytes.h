/* Between bytes, 32-bit lanes and floats, for AVX2: what the elementwise int8 kernels are written in. */
#ifndef NNZ_AVX2_BYTES_H
#define NNZ_AVX2_BYTES_H

#include "int8.h"
#include "vector.h"

#ifdef NNZ_X86_64

VECTOR_INLINE ivec i_sub(ivec a, ivec b) {
    return _mm256_sub_epi32(a, b);
}

/* floor(x / 2^shift), by a vector of counts: one instruction for the CPU, where one count makes two. */
VECTOR_INLINE ivec i_floor_shift(ivec x, uint32_t shift) {
    return _mm256_srav_epi32(x, i_set((int32_t)shift));
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
    i_store_bytes_n(y, x, PIXELS);
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

VECTOR_INLINE ivec i_sub_bytes(ivec a, ivec b) {
    return _mm256_sub_epi8(a, b);
}

VECTOR_INLINE ivec i_add_bytes_saturated(ivec a, ivec b) {
    return _mm256_adds_epi8(a, b);
}

/* sum + step where x > bound. */
VECTOR_INLINE ivec i_add_bytes_above(ivec sum, ivec x, ivec bound, ivec step) {
    return _mm256_add_epi8(sum, _mm256_and_si256(_mm256_cmpgt_epi8(x, bound), step));
}

/* The largest of the four bytes of each word, in all four. */
VECTOR_INLINE ivec i_max_of_four(ivec x) {
    const __m128i by_two = _mm_setr_epi8(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    const __m128i by_one = _mm_setr_epi8(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
    x = _mm256_max_epi8(x, _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(by_two)));
    return _mm256_max_epi8(x, _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(by_one)));
}

/* Words shifted right by n bits, zeros coming in. */
VECTOR_INLINE ivec i_shift_right(ivec words, int n) {
    return _mm256_srli_epi32(words, n);
}

/* Sixteen floats, and those of them that the lowest four bits of each lane choose. */
typedef struct vtable {
    __m256 low, high;
} vtable;

VECTOR_INLINE vtable v_table(const float *x) {
    return (vtable){_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8)};
}

VECTOR_INLINE vec v_look_up(vtable table, ivec index) {
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(table.low, index), _mm256_permutevar8x32_ps(table.high, index),
                            _mm256_castsi256_ps(_mm256_slli_epi32(index, 28)));
}

/* Half to even. */
VECTOR_INLINE ivec i_round(vec x) {
    return _mm256_cvtps_epi32(x);
}

VECTOR_INLINE vec v_of(ivec x) {
    return _mm256_cvtepi32_ps(x);
}

/* Half to even, NaN as 0; what lies beyond the range of 16 bits stays beyond it. */
VECTOR_INLINE ivec i_round_any(vec x) {
    const vec ordered = _mm256_and_ps(x, _mm256_cmp_ps(x, x, _CMP_ORD_Q));
    return _mm256_cvtps_epi32(_mm256_min_ps(ordered, v_set(0x1p20f)));
}

/* Lanes of 16 bits, as i_narrow_pair() makes them: their sums, saturated. */
VECTOR_INLINE ivec i_set_pair(int32_t x) {
    return _mm256_set1_epi16((int16_t)x);
}
VECTOR_INLINE ivec i_add_pair(ivec a, ivec b) {
    return _mm256_adds_epi16(a, b);
}

/* Byte `byte` of each word, less a zero point. */
typedef vec vzero;
VECTOR_INLINE vzero v_zero_point(int32_t zero) {
    return v_set(0x1p23f + 128 + (float)zero);
}
VECTOR_INLINE vec v_byte(ivec words, int byte, vzero zero) {
    /* With the highest bit the other way round, the lowest bits of 2^23 + 128 + the byte. */
    const __m256i place = _mm256_add_epi32(_mm256_setr_epi32(0, 4, 8, 12, 0, 4, 8, 12), i_set(byte));
    const __m256i lowest = _mm256_shuffle_epi8(words, _mm256_or_si256(place, i_set((int32_t)0x80808000)));
    return v_sub(_mm256_castsi256_ps(_mm256_xor_si256(lowest, i_set(0x4B000080))), zero);
}

#endif

#endif
