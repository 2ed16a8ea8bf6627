/* int8 for AVX2 with AVX-VNNI: VPDPBUSD of 256 bits multiplies unsigned by signed bytes, so the tile holds x + 128. */
#ifndef NNZ_AVXVNNI_INT8_H
#define NNZ_AVXVNNI_INT8_H

#include "../avx2/avx2.h"

#ifdef NNZ_AVXVNNI

#define NNZ_AVXVNNI_TARGET  target("avx2,fma,f16c,avxvnni")
#define VECTOR_INLINE       static inline __attribute__((always_inline, NNZ_AVXVNNI_TARGET))
#define VECTOR_FUNCTION     __attribute__((NNZ_AVXVNNI_TARGET))
#define VECTOR_NAME(family) nnz_##family##_avxvnni

#include "../avx2/int8_words.h"

enum { PARTS = 1 };
typedef __m256i wvec, xvec;

/* A unit of weights for every pixel. */
VECTOR_INLINE wvec i_weights(const int8_t *w) {
    return _mm256_set1_epi32(i_word(w));
}

/* A unit of which one weight is not zero. */
VECTOR_INLINE wvec i_one_weight(int8_t w, uint32_t place) {
    static const uint32_t masks[4] = {0xFF, 0xFF00, 0xFF0000, 0xFF000000};
    return _mm256_and_si256(_mm256_set1_epi8(w), _mm256_set1_epi32((int32_t)masks[place]));
}

VECTOR_INLINE xvec i_load(const uint8_t *x) {
    return _mm256_load_si256((const void *)x);
}

/* n pixels of planes of four channels, as a tile holds them. */
VECTOR_INLINE xvec i_load_planes(const int8_t *x, size_t n) {
    return _mm256_xor_si256(i_load_n(x, n), _mm256_set1_epi8(-128));
}

/* In assembly: with the intrinsic gcc copies each sum to another register and back. */
VECTOR_INLINE void i_dot(ivec *sums, xvec x, wvec w) {
    ivec sum = *sums;
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(x), "x"(w));
    *sums = sum;
}

VECTOR_INLINE ivec i_join(const ivec *parts) {
    return *parts;
}

/* ---- Matrix-vector ---------------------------------------------------------------------------------------------- */

VECTOR_INLINE __m256i dot_eight(__m256i sums, __m256i x, __m256i w) {
    return _mm256_dpbusd_avx_epi32(sums, x, w);
}

#include "../avx2/eight_rows.h"

/* The sums of the rows, in ROW_VECTORS vectors. */
VECTOR_INLINE void m_rows(ivec *rows, const mvec *sums) {
    *rows = *sums;
}

#endif

#endif
