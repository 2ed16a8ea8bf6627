/* Sixteen words of an int8 tile, for AVX-512 with VNNI and without. */
#ifndef NNZ_AVX512_PACK_WORDS_H
#define NNZ_AVX512_PACK_WORDS_H

#include "../avx2/columns.h"
#include "every_other.h"

typedef __m512i words16;

typedef __m128i bytes16;

VECTOR_INLINE bytes16 b_zero(void) {
    return _mm_setzero_si128();
}

/* The bytes at x + offset[i], `fill` where the mask has no bit. */
VECTOR_INLINE bytes16 b_load(const int8_t *x, const int32_t *offset, uint8_t step, uint32_t mask, int8_t fill) {
    const __m128i outside = _mm_set1_epi8(fill), even = _mm_set1_epi16(0xFF);
    const int8_t *first = x + offset[0];
    if (step == 1)
        return _mm_mask_loadu_epi8(outside, (__mmask16)mask, first);
    if (step != 2)
        return nnz_gather_bytes(x, offset, mask, fill);
    const __m128i low = _mm_mask_loadu_epi8(outside, nnz_spread_mask(mask & 0xFF), first);
    const __m128i high = _mm_mask_loadu_epi8(outside, nnz_spread_mask(mask >> 8), first + 16);
    return _mm_packus_epi16(_mm_and_si128(low, even), _mm_and_si128(high, even));
}

VECTOR_INLINE words16 w_from_columns(const bytes16 columns[4]) {
    __m128i words[4];
    nnz_interleave_columns(columns, words);
    const __m256i low = _mm256_set_m128i(words[1], words[0]), high = _mm256_set_m128i(words[3], words[2]);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/* The words at x + 4 offset[i], all bytes `fill` where the mask has no bit. */
VECTOR_INLINE words16 w_load(const int8_t *x, const int32_t *offset, uint8_t step, uint32_t mask, int8_t fill) {
    const __m512i outside = _mm512_set1_epi8(fill);
    const __mmask16 inside = (__mmask16)mask;
    if (step == 1)
        return _mm512_mask_loadu_epi32(outside, inside, x + 4 * (ptrdiff_t)offset[0]);
    if (step == 2)
        return nnz_load_every_other(outside, inside, x + 4 * (ptrdiff_t)offset[0]);
    return _mm512_mask_i32gather_epi32(outside, inside, _mm512_loadu_si512(offset), x, 4);
}

#endif
