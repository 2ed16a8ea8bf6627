/* int8 for AVX-512 without VNNI: the tile holds 16-bit values, VPMADDWD adds pairs of products exactly; eight pixels a
 * vector, two sums a pixel. */
#ifndef NNZ_AVX512_INT8_H
#define NNZ_AVX512_INT8_H

#include "avx512.h"

#ifdef NNZ_X86_64

#define VECTOR_INLINE       NNZ_AVX512_INLINE
#define VECTOR_FUNCTION     NNZ_AVX512
#define VECTOR_NAME(family) nnz_##family##_avx512

#include "int8_words.h"

enum { PIXELS = 16, PARTS = 2, CELL = 8, S8_OFFSET = 0 };
typedef __m512i wvec;
typedef struct xvec {
    __m512i part[2];
} xvec;

/* A unit of weights for every pixel. */
VECTOR_INLINE wvec i_weights(const int8_t *w) {
    return _mm512_cvtepi8_epi16(_mm256_set1_epi32(i_word(w)));
}

/* A unit of which one weight is not zero. */
VECTOR_INLINE wvec i_one_weight(int8_t w, uint32_t place) {
    return _mm512_set1_epi64((int64_t)((uint64_t)(uint16_t)w << 16 * place));
}

VECTOR_INLINE xvec i_load(const uint8_t *x) {
    return (xvec){{_mm512_load_si512(x), _mm512_load_si512(x + 64)}};
}

/* n pixels of planes of four channels, as a tile holds them. */
VECTOR_INLINE xvec i_load_planes(const int8_t *x, size_t n) {
    const __m512i words = _mm512_maskz_loadu_epi32((__mmask16)((1u << n) - 1), x);
    return (xvec){{_mm512_cvtepi8_epi16(_mm512_castsi512_si256(words)),
                   _mm512_cvtepi8_epi16(_mm512_extracti64x4_epi64(words, 1))}};
}

VECTOR_INLINE void i_dot(ivec *sums, xvec x, wvec w) {
    for (int i = 0; i < PARTS; i++)
        sums[i] = _mm512_add_epi32(sums[i], _mm512_madd_epi16(x.part[i], w));
}

/* The sums of sixteen pixels. */
VECTOR_INLINE ivec i_join(const ivec *parts) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    return _mm512_add_epi32(_mm512_permutex2var_epi32(parts[0], even, parts[1]),
                            _mm512_permutex2var_epi32(parts[0], odd, parts[1]));
}

/* ---- Matrix-vector: a vector of eight rows, two sums a row ---------------------------------------------------------
 */

enum { MATVEC_PARTS = 1, ROW_VECTORS = 1 };
typedef __m512i mvec;

VECTOR_INLINE void m_clear(mvec *sums) {
    *sums = _mm512_setzero_si512();
}

VECTOR_INLINE void m_add(mvec *sums, const mvec *others) {
    *sums = _mm512_add_epi32(*sums, *others);
}

/* Adds a block of eight rows by four columns. */
VECTOR_INLINE void m_dot(mvec *sums, const int8_t *w, const int8_t *x) {
    const __m512i xs = _mm512_cvtepi8_epi16(_mm256_set1_epi32(i_word(x)));
    const __m512i ws = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const void *)w));
    *sums = _mm512_add_epi32(*sums, _mm512_madd_epi16(ws, xs));
}

/* The sums of the rows, in ROW_VECTORS vectors. */
VECTOR_INLINE void m_rows(ivec *rows, const mvec *sums) {
    const mvec pair[2] = {*sums, _mm512_setzero_si512()};
    *rows = i_join(pair);
}

#endif

#endif
