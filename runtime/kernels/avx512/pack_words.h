/* Sixteen words of an int8 tile, for AVX-512 with VNNI and without. */
#ifndef NNZ_AVX512_PACK_WORDS_H
#define NNZ_AVX512_PACK_WORDS_H

#include "every_other.h"

typedef __m512i words16;

VECTOR_INLINE words16 w_from_bytes(const int8_t *bytes) {
    return _mm512_loadu_si512(bytes);
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
