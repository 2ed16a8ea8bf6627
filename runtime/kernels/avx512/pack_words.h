/* Sixteen words of an int8 tile, for AVX-512 with VNNI and without. */
#ifndef NNZ_AVX512_PACK_WORDS_H
#define NNZ_AVX512_PACK_WORDS_H

typedef __m512i words16;

VECTOR_INLINE words16 w_from_bytes(const int8_t *bytes) {
    return _mm512_loadu_si512(bytes);
}

/* Bit i to bit 2 i, of eight. */
VECTOR_INLINE __mmask16 every_other(uint32_t bits) {
    bits = (bits | bits << 4) & 0x0F0F;
    bits = (bits | bits << 2) & 0x3333;
    return (__mmask16)((bits | bits << 1) & 0x5555);
}

/* The words at x + 4 offset[i], all bytes `fill` where the mask has no bit. */
VECTOR_INLINE words16 w_load(const int8_t *x, const int32_t *offset, uint8_t step, uint32_t mask, int8_t fill) {
    const __m512i outside = _mm512_set1_epi8(fill);
    const __mmask16 inside = (__mmask16)mask;
    if (step == 1)
        return _mm512_mask_loadu_epi32(outside, inside, x + 4 * (ptrdiff_t)offset[0]);
    if (step == 2) {
        const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        const int8_t *first = x + 4 * (ptrdiff_t)offset[0];
        __m512i low = _mm512_mask_loadu_epi32(outside, every_other(mask & 0xFF), first);
        __m512i high = _mm512_mask_loadu_epi32(outside, every_other(mask >> 8), first + 64);
        return _mm512_permutex2var_epi32(low, even, high);
    }
    return _mm512_mask_i32gather_epi32(outside, inside, _mm512_loadu_si512(offset), x, 4);
}

#endif
