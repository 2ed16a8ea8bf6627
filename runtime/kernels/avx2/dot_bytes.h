/* Products over a tile by VPMADDUBSW, which adds pairs of them in 16 bits: exact where the weights of a pair come to no
 * more than PAIR_MAX, as a single one always does. */
#ifndef NNZ_AVX2_DOT_BYTES_H
#define NNZ_AVX2_DOT_BYTES_H

#include "int8.h"

#ifdef NNZ_X86_64

enum { PARTS = 1, PAIR_MAX = 128 };
typedef ivec wvec, xvec;

/* A unit of weights for every pixel. */
VECTOR_INLINE wvec i_weights(const int8_t *w) {
    return i_set(i_word(w));
}

/* A unit of which one weight is not zero. */
VECTOR_INLINE wvec i_one_weight(int8_t w, uint32_t place) {
    return i_set((int32_t)((uint32_t)(uint8_t)w << 8 * place));
}

VECTOR_INLINE xvec i_load(const uint8_t *x) {
    return _mm256_load_si256((const void *)x);
}

VECTOR_INLINE void i_dot(ivec *sum, xvec x, wvec w) {
    *sum = i_add(*sum, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), _mm256_set1_epi16(1)));
}

VECTOR_INLINE ivec i_join(const ivec *parts) {
    return *parts;
}

#endif

#endif
