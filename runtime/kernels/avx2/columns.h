/* Bytes of sixteen pixels, one plain column each, and how four columns become words: for AVX2 and AVX-512. */
#ifndef NNZ_AVX2_COLUMNS_H
#define NNZ_AVX2_COLUMNS_H

#include "avx2.h"

#ifdef NNZ_X86_64

/* For functions of any level from AVX2 on to inline. */
#define COLUMNS_INLINE static inline __attribute__((always_inline, target("avx2")))

/* The bytes at x + offset[i] where the mask has bit i, `fill` elsewhere. */
COLUMNS_INLINE __m128i nnz_gather_bytes(const int8_t *x, const int32_t *offset, uint32_t mask, int8_t fill) {
    int8_t bytes[16];
    for (int i = 0; i < 16; i++)
        bytes[i] = mask == 0xFFFF || (mask >> i & 1) ? x[offset[i]] : fill;
    return _mm_loadu_si128((const void *)bytes);
}

/* The words of pixels 4 i to 4 i + 3 in words[i]. */
COLUMNS_INLINE void nnz_interleave_columns(const __m128i columns[4], __m128i words[4]) {
    const __m128i low01 = _mm_unpacklo_epi8(columns[0], columns[1]), high01 = _mm_unpackhi_epi8(columns[0], columns[1]);
    const __m128i low23 = _mm_unpacklo_epi8(columns[2], columns[3]), high23 = _mm_unpackhi_epi8(columns[2], columns[3]);
    words[0] = _mm_unpacklo_epi16(low01, low23);
    words[1] = _mm_unpackhi_epi16(low01, low23);
    words[2] = _mm_unpacklo_epi16(high01, high23);
    words[3] = _mm_unpackhi_epi16(high01, high23);
}

#endif

#endif
