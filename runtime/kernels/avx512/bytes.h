/* Between bytes, 32-bit lanes and floats, for AVX-512: what the elementwise int8 kernels are written in. */
#ifndef NNZ_AVX512_BYTES_H
#define NNZ_AVX512_BYTES_H

#include "int8.h"
#include "vector.h"

#ifdef NNZ_X86_64

VECTOR_INLINE ivec i_sub(ivec a, ivec b) {
    return _mm512_sub_epi32(a, b);
}

/* floor(x / 2^shift) */
VECTOR_INLINE ivec i_floor_shift(ivec x, uint32_t shift) {
    return _mm512_srav_epi32(x, i_set((int32_t)shift)); /* by one count for all it would take the CPU two steps */
}

/* LANES bytes, one a lane. */
VECTOR_INLINE ivec i_load_bytes(const int8_t *x) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128((const void *)x));
}

/* Four bytes, over and over. */
VECTOR_INLINE ivec i_repeat_bytes(const int8_t *x) {
    return _mm512_cvtepi8_epi32(_mm_set1_epi32(i_word(x)));
}

/* The lanes hold int8. */
VECTOR_INLINE void i_store_bytes(int8_t *y, ivec x) {
    _mm_storeu_si128((void *)y, _mm512_cvtepi32_epi8(x));
}

/* Every other one of 2 LANES - 1 words. */
VECTOR_INLINE ivec i_load_even(const int8_t *x) {
    return _mm512_castps_si512(v_load_even((const float *)(const void *)x));
}

/* n words of four bytes at distances of `stride` words, the others 0. */
VECTOR_INLINE ivec i_gather_n(const int8_t *x, uint32_t stride, size_t n) {
    return _mm512_castps_si512(v_gather_n((const float *)(const void *)x, stride, n));
}

/* ---- All bytes of the words -------------------------------------------------------------------------------------- */

VECTOR_INLINE ivec i_set_bytes(int8_t x) {
    return _mm512_set1_epi8(x);
}

VECTOR_INLINE ivec i_min_bytes(ivec a, ivec b) {
    return _mm512_min_epi8(a, b);
}

VECTOR_INLINE ivec i_max_bytes(ivec a, ivec b) {
    return _mm512_max_epi8(a, b);
}

/* Byte `byte` of each word. */
VECTOR_INLINE ivec i_byte(ivec words, int byte) {
    return _mm512_srai_epi32(_mm512_slli_epi32(words, (unsigned)(24 - 8 * byte)), 24);
}

VECTOR_INLINE ivec i_sub_bytes(ivec a, ivec b) {
    return _mm512_sub_epi8(a, b);
}

VECTOR_INLINE ivec i_add_bytes_saturated(ivec a, ivec b) {
    return _mm512_adds_epi8(a, b);
}

/* sum + step where x > bound. */
VECTOR_INLINE ivec i_add_bytes_above(ivec sum, ivec x, ivec bound, ivec step) {
    return _mm512_mask_add_epi8(sum, _mm512_cmpgt_epi8_mask(x, bound), sum, step);
}

/* The largest of the four bytes of each word, in all four. */
VECTOR_INLINE ivec i_max_of_four(ivec x) {
    x = _mm512_max_epi8(x, _mm512_rol_epi32(x, 16));
    return _mm512_max_epi8(x, _mm512_rol_epi32(x, 8));
}

/* Words shifted right by n bits, zeros coming in. */
VECTOR_INLINE ivec i_shift_right(ivec words, int n) {
    return _mm512_srli_epi32(words, (unsigned)n);
}

/* Sixteen floats, and those of them that the lowest four bits of each lane choose. */
typedef __m512 vtable;

VECTOR_INLINE vtable v_table(const float *x) {
    return _mm512_loadu_ps(x);
}

VECTOR_INLINE vec v_look_up(vtable table, ivec index) {
    return _mm512_permutexvar_ps(index, table);
}

/* Half to even. */
VECTOR_INLINE ivec i_round(vec x) {
    return _mm512_cvtps_epi32(x);
}

VECTOR_INLINE vec v_of(ivec x) {
    return _mm512_cvtepi32_ps(x);
}

/* Half to even, NaN as 0; what lies beyond the range of 16 bits stays beyond it. */
VECTOR_INLINE ivec i_round_any(vec x) {
    return _mm512_cvtps_epi32(_mm512_maskz_min_ps(_mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), x, v_set(0x1p20f)));
}

/* Lanes of 16 bits, as i_narrow_pair() makes them: their sums, saturated. */
VECTOR_INLINE ivec i_set_pair(int32_t x) {
    return _mm512_set1_epi16((int16_t)x);
}
VECTOR_INLINE ivec i_add_pair(ivec a, ivec b) {
    return _mm512_adds_epi16(a, b);
}

/* Byte `byte` of each word, less a zero point. */
typedef vec vzero;
VECTOR_INLINE vzero v_zero_point(int32_t zero) {
    return v_set(0x1p23f + 128 + (float)zero);
}
VECTOR_INLINE vec v_byte(ivec words, int byte, vzero zero) {
    /* With the highest bit the other way round, the lowest bits of 2^23 + 128 + the byte. */
    const ivec lowest = _mm512_srli_epi32(words, (unsigned)(8 * byte)), others = _mm512_set1_epi32(0x4B000080);
    const ivec bits = _mm512_ternarylogic_epi32(lowest, i_set(0xFF), others, 0x6A);
    return v_sub(_mm512_castsi512_ps(bits), zero);
}

#endif

#endif
