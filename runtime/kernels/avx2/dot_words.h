/* Products over a tile by VPMADDWD, exact for all weights: bytes 0 and 2, 1 and 3 of each word as 16-bit values. */
#ifndef NNZ_AVX2_DOT_WORDS_H
#define NNZ_AVX2_DOT_WORDS_H

#include "int8.h"

#ifdef NNZ_X86_64

enum { PARTS = 1 };
typedef struct wvec {
    __m256i even, odd;
} wvec, xvec;

/* Of unsigned bytes. */
VECTOR_INLINE xvec i_split(__m256i words) {
    return (xvec){_mm256_and_si256(words, _mm256_set1_epi16(0xFF)), _mm256_srli_epi16(words, 8)};
}

/* Of signed bytes. */
VECTOR_INLINE wvec i_split_signed(__m256i words) {
    return (wvec){_mm256_srai_epi16(_mm256_slli_epi16(words, 8), 8), _mm256_srai_epi16(words, 8)};
}

/* A unit of weights for every pixel. */
VECTOR_INLINE wvec i_weights(const int8_t *w) {
    return i_split_signed(i_set(i_word(w)));
}

VECTOR_INLINE xvec i_load(const uint8_t *x) {
    return i_split(_mm256_load_si256((const void *)x));
}

/* n pixels of planes of four channels, as a tile holds them. */
VECTOR_INLINE xvec i_load_planes(const int8_t *x, size_t n) {
    return i_split(_mm256_xor_si256(i_load_n(x, n), _mm256_set1_epi8(-128)));
}

VECTOR_INLINE void i_dot(ivec *sum, xvec x, wvec w) {
    *sum = i_add(*sum, _mm256_madd_epi16(x.even, w.even));
    *sum = i_add(*sum, _mm256_madd_epi16(x.odd, w.odd));
}

VECTOR_INLINE ivec i_join(const ivec *parts) {
    return *parts;
}

#endif

#endif
