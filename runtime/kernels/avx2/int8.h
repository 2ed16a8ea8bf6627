/* int8 for AVX2: VPMADDUBSW multiplies unsigned by signed bytes, so the tile holds x + 128. */
#ifndef NNZ_AVX2_INT8_H
#define NNZ_AVX2_INT8_H

#include "avx2.h"

#ifdef NNZ_X86_64

#define VECTOR_INLINE       NNZ_AVX2_INLINE
#define VECTOR_FUNCTION     NNZ_AVX2
#define VECTOR_NAME(family) nnz_##family##_avx2

#include "int8_words.h"

/* ---- Matrix-vector: two vectors of four rows, two sums a row ------------------------------------------------------
 */

enum { MATVEC_PARTS = 2, ROW_VECTORS = 1 };
typedef __m256i mvec;

VECTOR_INLINE void m_clear(mvec *sums) {
    sums[0] = sums[1] = _mm256_setzero_si256();
}

VECTOR_INLINE void m_add(mvec *sums, const mvec *others) {
    sums[0] = _mm256_add_epi32(sums[0], others[0]);
    sums[1] = _mm256_add_epi32(sums[1], others[1]);
}

/* Adds a block of eight rows by four columns. */
VECTOR_INLINE void m_dot(mvec *sums, const int8_t *w, const int8_t *x) {
    const __m256i xs = _mm256_cvtepu8_epi16(_mm_set1_epi32(i_word(x) ^ (int32_t)0x80808080u));
    for (int i = 0; i < 2; i++) {
        const __m256i ws = _mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)(w + 16 * i)));
        sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(ws, xs));
    }
}

/* The sums of the rows, in ROW_VECTORS vectors. */
VECTOR_INLINE void m_rows(ivec *rows, const mvec *sums) {
    *rows = _mm256_permute4x64_epi64(_mm256_hadd_epi32(sums[0], sums[1]), _MM_SHUFFLE(3, 1, 2, 0));
}

#endif

#endif
