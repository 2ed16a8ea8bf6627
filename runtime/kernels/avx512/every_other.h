/* Strided vectors without gathers: every other of 32 neighbours, by two masked loads. */
#ifndef NNZ_AVX512_EVERY_OTHER_H
#define NNZ_AVX512_EVERY_OTHER_H

#include "avx512.h"

#ifdef NNZ_X86_64

/* Bit i to bit 2 i, of sixteen. */
NNZ_AVX512_INLINE uint32_t nnz_spread_mask(uint32_t bits) {
    return _pdep_u32(bits, 0x55555555);
}

/* The words x[0], x[2], ..., x[30]; `low` and `high` are masks of the 32 words from x on, which outside of them are
 * those of `outside`, and are not read. */
NNZ_AVX512_INLINE __m512i nnz_load_even_words(__m512i outside, __mmask16 low, __mmask16 high, const void *x) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i first = _mm512_mask_loadu_epi32(outside, low, x);
    return _mm512_permutex2var_epi32(first, even, _mm512_mask_loadu_epi32(outside, high, (const int32_t *)x + 16));
}

/* The same for a spread mask of the lanes. */
NNZ_AVX512_INLINE __m512i nnz_load_spread(__m512i outside, uint32_t spread, const void *x) {
    return nnz_load_even_words(outside, (__mmask16)spread, (__mmask16)(spread >> 16), x);
}

/* The words x[0], x[2], ... of the lanes in `mask`, those of `outside` elsewhere; nothing else is read. */
NNZ_AVX512_INLINE __m512i nnz_load_every_other(__m512i outside, __mmask16 mask, const void *x) {
    return nnz_load_spread(outside, nnz_spread_mask(mask), x);
}

#endif

#endif
