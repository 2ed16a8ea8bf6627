/* Strided vectors without gathers: every other of 32 neighbours, by two masked loads. */
#ifndef NNZ_AVX512_EVERY_OTHER_H
#define NNZ_AVX512_EVERY_OTHER_H

#include "avx512.h"

#ifdef NNZ_X86_64

/* Bit i to bit 2 i, of eight. */
NNZ_AVX512_INLINE __mmask16 nnz_spread_mask(uint32_t bits) {
    bits = (bits | bits << 4) & 0x0F0F;
    bits = (bits | bits << 2) & 0x3333;
    return (__mmask16)((bits | bits << 1) & 0x5555);
}

/* The words x[0], x[2], ... of the lanes in `mask`, those of `outside` elsewhere; nothing else is read. */
NNZ_AVX512_INLINE __m512i nnz_load_every_other(__m512i outside, __mmask16 mask, const void *x) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i low = _mm512_mask_loadu_epi32(outside, nnz_spread_mask(mask & 0xFF), x);
    const __m512i high = _mm512_mask_loadu_epi32(outside, nnz_spread_mask(mask >> 8), (const int32_t *)x + 16);
    return _mm512_permutex2var_epi32(low, even, high);
}

#endif

#endif
