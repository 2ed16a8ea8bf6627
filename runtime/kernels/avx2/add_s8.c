/* add_s8 for AVX2. */
#include "int8.h"

#ifdef NNZ_X86_64

enum { BYTES = 32 };
typedef __m256i pvec;

VECTOR_INLINE pvec p_load(const int8_t *x) {
    return _mm256_loadu_si256((const void *)x);
}

VECTOR_INLINE void p_store(int8_t *y, pvec x) {
    _mm256_storeu_si256((void *)y, x);
}

VECTOR_INLINE pvec p_set(int32_t x) {
    return _mm256_set1_epi32(x);
}

VECTOR_INLINE pvec p_set_pairs(int16_t a, int16_t b) {
    return _mm256_set1_epi32((int32_t)((uint32_t)(uint16_t)a | (uint32_t)(uint16_t)b << 16));
}

VECTOR_INLINE pvec p_set_bytes(int8_t a, int8_t b) {
    return _mm256_set1_epi16((int16_t)((uint16_t)(uint8_t)a | (uint16_t)((uint8_t)b << 8)));
}

VECTOR_INLINE pvec p_interleave_low(pvec a, pvec b) {
    return _mm256_unpacklo_epi8(a, b);
}

VECTOR_INLINE pvec p_interleave_high(pvec a, pvec b) {
    return _mm256_unpackhi_epi8(a, b);
}

VECTOR_INLINE pvec p_even(pvec pairs) {
    const __m128i bytes = _mm_setr_epi8(0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13, -1);
    return _mm256_shuffle_epi8(pairs, _mm256_broadcastsi128_si256(bytes));
}

VECTOR_INLINE pvec p_odd(pvec pairs) {
    const __m128i bytes = _mm_setr_epi8(2, -1, 3, -1, 6, -1, 7, -1, 10, -1, 11, -1, 14, -1, 15, -1);
    return _mm256_shuffle_epi8(pairs, _mm256_broadcastsi128_si256(bytes));
}

VECTOR_INLINE pvec p_dot_bytes(pvec x, pvec w) {
    return _mm256_maddubs_epi16(x, w);
}

VECTOR_INLINE pvec p_dot(pvec sum, pvec a, pvec b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

VECTOR_INLINE pvec p_high_halves(pvec even, pvec odd) {
    return _mm256_blend_epi16(_mm256_srli_epi32(even, 16), odd, 0xAA);
}

VECTOR_INLINE pvec p_add(pvec a, pvec b) {
    return _mm256_add_epi16(a, b);
}

VECTOR_INLINE pvec p_multiply_high(pvec a, pvec b) {
    return _mm256_mulhi_epi16(a, b);
}

VECTOR_INLINE pvec p_narrow(pvec low, pvec high) {
    return _mm256_packs_epi16(low, high);
}

VECTOR_INLINE pvec p_flip(pvec x) {
    return _mm256_xor_si256(x, _mm256_set1_epi8(-128));
}

VECTOR_INLINE pvec p_clamp(pvec x, int32_t lo, int32_t hi) {
    return i_clamp_bytes(x, lo, hi);
}

#include "../vector/add_s8_pairs.h"
#endif
