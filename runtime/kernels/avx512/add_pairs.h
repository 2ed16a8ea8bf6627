/* What vector/add_s8_pairs.h needs of AVX-512; with VNNI or without, p_dot() is another. */
#ifndef NNZ_AVX512_ADD_PAIRS_H
#define NNZ_AVX512_ADD_PAIRS_H

#ifdef NNZ_X86_64

enum { BYTES = 64 };
typedef __m512i pvec;

VECTOR_INLINE pvec p_load(const int8_t *x) {
    return _mm512_loadu_si512(x);
}

VECTOR_INLINE void p_store(int8_t *y, pvec x) {
    _mm512_storeu_si512(y, x);
}

VECTOR_INLINE pvec p_set(int32_t x) {
    return _mm512_set1_epi32(x);
}

VECTOR_INLINE pvec p_set_pairs(int16_t a, int16_t b) {
    return _mm512_set1_epi32((int32_t)((uint32_t)(uint16_t)a | (uint32_t)(uint16_t)b << 16));
}

VECTOR_INLINE pvec p_set_bytes(int8_t a, int8_t b) {
    return _mm512_set1_epi16((int16_t)((uint16_t)(uint8_t)a | (uint16_t)((uint8_t)b << 8)));
}

VECTOR_INLINE pvec p_interleave_low(pvec a, pvec b) {
    return _mm512_unpacklo_epi8(a, b);
}

VECTOR_INLINE pvec p_interleave_high(pvec a, pvec b) {
    return _mm512_unpackhi_epi8(a, b);
}

VECTOR_INLINE pvec p_even(pvec pairs) {
    const __m128i bytes = _mm_setr_epi8(0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13, -1);
    return _mm512_shuffle_epi8(pairs, _mm512_broadcast_i32x4(bytes));
}

VECTOR_INLINE pvec p_odd(pvec pairs) {
    const __m128i bytes = _mm_setr_epi8(2, -1, 3, -1, 6, -1, 7, -1, 10, -1, 11, -1, 14, -1, 15, -1);
    return _mm512_shuffle_epi8(pairs, _mm512_broadcast_i32x4(bytes));
}

VECTOR_INLINE pvec p_dot_bytes(pvec x, pvec w) {
    return _mm512_maddubs_epi16(x, w);
}

VECTOR_INLINE pvec p_high_halves(pvec even, pvec odd) {
    return _mm512_mask_mov_epi16(_mm512_srli_epi32(even, 16), 0xAAAAAAAA, odd);
}

VECTOR_INLINE pvec p_add(pvec a, pvec b) {
    return _mm512_add_epi16(a, b);
}

VECTOR_INLINE pvec p_multiply_high(pvec a, pvec b) {
    return _mm512_mulhi_epi16(a, b);
}

VECTOR_INLINE pvec p_narrow(pvec low, pvec high) {
    return _mm512_packs_epi16(low, high);
}

VECTOR_INLINE pvec p_flip(pvec x) {
    return _mm512_xor_si512(x, _mm512_set1_epi8(-128));
}

VECTOR_INLINE pvec p_clamp(pvec x, int32_t lo, int32_t hi) {
    return i_clamp_bytes(x, lo, hi);
}

#endif

#endif
