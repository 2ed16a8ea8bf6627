/* int8 for AVX-512 VNNI: VPDPBUSD multiplies unsigned by signed bytes, so the tile holds x + 128. */
#ifndef NNZ_AVX512VNNI_INT8_H
#define NNZ_AVX512VNNI_INT8_H

#include "avx512vnni.h"

#ifdef NNZ_X86_64

#include "../avx512/int8_words.h"

#include "../avx2/eight_rows.h"

enum { PIXELS = 16, PARTS = 1, CELL = 4, S8_OFFSET = 128 };
typedef __m512i wvec, xvec;

/* A unit of weights for every pixel. */
VECTOR_INLINE wvec i_weights(const int8_t *w) {
    return _mm512_set1_epi32(i_word(w));
}

/* A unit of which one weight is not zero. */
VECTOR_INLINE wvec i_one_weight(int8_t w, uint32_t place) {
    return _mm512_set1_epi32((int32_t)((uint32_t)(uint8_t)w << 8 * place));
}

VECTOR_INLINE xvec i_load(const uint8_t *x) {
    return _mm512_load_si512(x);
}

/* n pixels of planes of four channels, as a tile holds them. */
VECTOR_INLINE xvec i_load_planes(const int8_t *x, size_t n) {
    return _mm512_xor_si512(_mm512_maskz_loadu_epi32((__mmask16)((1u << n) - 1), x), _mm512_set1_epi8(-128));
}

/* In assembly: with the intrinsic gcc copies each sum to another register and back. */
VECTOR_INLINE void i_dot(ivec *sums, xvec x, wvec w) {
    ivec sum = *sums;
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
    *sums = sum;
}

VECTOR_INLINE ivec i_join(const ivec *parts) {
    return *parts;
}

/* ---- Matrix-vector ---------------------------------------------------------------------------------------------- */

/* The sums of the rows, in ROW_VECTORS vectors. */
VECTOR_INLINE void m_rows(ivec *rows, const mvec *sums) {
    *rows = _mm512_castsi256_si512(*sums);
}

#endif

#endif
