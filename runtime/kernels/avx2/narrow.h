/* Loads of narrow values for AVX2: 8 of them as floats. */
#ifndef NNZ_AVX2_NARROW_H
#define NNZ_AVX2_NARROW_H

#include "vector.h"

#ifdef NNZ_X86_64
#include <string.h>

enum { NARROW_LANES = LANES };
typedef vec nvec;
typedef __m256i nlanes;

VECTOR_INLINE nvec n_load_f16(const uint16_t *x) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const void *)x));
}

VECTOR_INLINE nvec n_load_s8(const int8_t *x) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const void *)x)));
}

/* Four-bit values i, i + 1, ...: reads 8 bytes. */
VECTOR_INLINE nvec n_load_s4(const uint8_t *x, size_t i) {
    const __m256i up = _mm256_setr_epi32(28, 24, 20, 16, 12, 8, 4, 0);
    uint64_t word;
    memcpy(&word, x + i / 2, sizeof word);
    const __m256i top = _mm256_sllv_epi32(_mm256_set1_epi32((int)(word >> 4 * (i % 2))), up);
    return _mm256_cvtepi32_ps(_mm256_srai_epi32(top, 28));
}

/* Which row of a block of `height` each lane belongs to. */
VECTOR_INLINE nlanes n_rows(uint32_t height) {
    return _mm256_and_si256(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32((int)height - 1));
}

/* The scale of each lane's row: reads 8. */
VECTOR_INLINE nvec n_scales(const float *scale, nlanes rows) {
    return _mm256_permutevar8x32_ps(v_load(scale), rows);
}

VECTOR_INLINE nvec n_scales_f16(const uint16_t *scale, nlanes rows) {
    return _mm256_permutevar8x32_ps(n_load_f16(scale), rows);
}

#include "../vector/narrow_one.h"

/* The first block's lanes of a b + c; the others of c. */
VECTOR_INLINE nvec n_fma_block(nvec a, nvec b, nvec c) {
    return v_fma(a, b, c);
}

/* What each lane's block of eight rows is multiplied with; a vector holds one. */
VECTOR_INLINE nvec n_two(float first, float last) {
    (void)last;
    return v_set(first);
}

/* The sums of eight rows. */
VECTOR_INLINE void n_store_rows(float y[8], nvec sum) {
    v_store(y, sum);
}

#endif

#endif
