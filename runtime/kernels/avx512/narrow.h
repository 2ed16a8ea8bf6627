/* Loads of narrow values for AVX-512: 16 of them as floats. */
#ifndef NNZ_AVX512_NARROW_H
#define NNZ_AVX512_NARROW_H

#include "vector.h"

#ifdef NNZ_X86_64
#include <string.h>

enum { NARROW_LANES = LANES };
typedef vec nvec;
typedef __m512i nlanes;

VECTOR_INLINE nvec n_load_f16(const uint16_t *x) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)x));
}

VECTOR_INLINE nvec n_load_s8(const int8_t *x) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const void *)x)));
}

/* Four-bit values i, i + 1, ...: reads 12 bytes. A permutation looks at the lowest four bits of each lane. */
VECTOR_INLINE nvec n_load_s4(const uint8_t *x, size_t i) {
    const __m512 table = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1);
    const __m512i down = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28);
    uint64_t low, high;
    memcpy(&low, x + i / 2, sizeof low);
    memcpy(&high, x + i / 2 + 4, sizeof high);
    const int shift = 4 * (i % 2);
    const __m512i halves =
        _mm512_inserti64x4(_mm512_set1_epi32((int)(low >> shift)), _mm256_set1_epi32((int)(high >> shift)), 1);
    return _mm512_permutexvar_ps(_mm512_srlv_epi32(halves, down), table);
}

/* Which row of a block of `height` each lane belongs to. */
VECTOR_INLINE nlanes n_rows(uint32_t height) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_and_si512(lanes, _mm512_set1_epi32((int)height - 1));
}

/* The scale of each lane's row: reads 16. */
VECTOR_INLINE nvec n_scales(const float *scale, nlanes rows) {
    return _mm512_permutexvar_ps(rows, v_load(scale));
}

VECTOR_INLINE nvec n_scales_f16(const uint16_t *scale, nlanes rows) {
    return _mm512_permutexvar_ps(rows, n_load_f16(scale));
}

#include "../vector/narrow_one.h"

/* The first block's lanes of a b + c; the others of c. */
VECTOR_INLINE nvec n_fma_block(nvec a, nvec b, nvec c) {
    return _mm512_mask3_fmadd_ps(a, b, c, 0x00FF);
}

/* What each lane's block of eight rows is multiplied with; a vector holds two. */
VECTOR_INLINE nvec n_two(float first, float last) {
    return _mm512_mask_broadcastss_ps(v_set(first), 0xFF00, _mm_set_ss(last));
}

/* The sums of eight rows. */
VECTOR_INLINE void n_store_rows(float y[8], nvec sum) {
    _mm256_storeu_ps(y, _mm256_add_ps(_mm512_castps512_ps256(sum), _mm512_extractf32x8_ps(sum, 1)));
}

#endif

#endif
