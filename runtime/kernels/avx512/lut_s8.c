/* lut_s8 for AVX-512: 16 lookups among 16 bytes each by the low half of the index, of which bit 4 masks every other
 * one; then the right one by the three bits above. */
#include "avx512.h"

#ifdef NNZ_X86_64

NNZ_AVX512_INLINE __m512i row(const int8_t *table) {
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)table));
}

NNZ_AVX512_INLINE __m512i choose2(const int8_t *table, __m512i low, __mmask64 bit4) {
    return _mm512_mask_shuffle_epi8(_mm512_shuffle_epi8(row(table), low), bit4, row(table + 16), low);
}

NNZ_AVX512_INLINE __m512i choose4(const int8_t *table, __m512i low, __mmask64 bit4, __mmask64 bit5) {
    return _mm512_mask_mov_epi8(choose2(table, low, bit4), bit5, choose2(table + 32, low, bit4));
}

NNZ_AVX512_INLINE __m512i choose8(const int8_t *table, __m512i low, __mmask64 bit4, __mmask64 bit5, __mmask64 bit6) {
    return _mm512_mask_mov_epi8(choose4(table, low, bit4, bit5), bit6, choose4(table + 64, low, bit4, bit5));
}

NNZ_AVX512_INLINE __m512i look_up(const int8_t table[256], __m512i x) {
    const __m512i low = _mm512_and_si512(x, _mm512_set1_epi8(15));
    const __mmask64 bit4 = _mm512_test_epi8_mask(x, _mm512_set1_epi8(16));
    const __mmask64 bit5 = _mm512_test_epi8_mask(x, _mm512_set1_epi8(32));
    const __mmask64 bit6 = _mm512_test_epi8_mask(x, _mm512_set1_epi8(64));
    /* The index is x + 128: where x is negative, the lower half of the table. */
    return _mm512_mask_mov_epi8(choose8(table + 128, low, bit4, bit5, bit6), _mm512_movepi8_mask(x),
                                choose8(table, low, bit4, bit5, bit6));
}

NNZ_AVX512 void nnz_lut_s8_avx512(const int8_t table[256], const int8_t *x, int8_t *y, size_t n) {
    for (size_t i = 0; i < n; i += 64) {
        const __mmask64 mask = n - i < 64 ? ((__mmask64)1 << (n - i)) - 1 : ~(__mmask64)0;
        _mm512_mask_storeu_epi8(y + i, mask, look_up(table, _mm512_maskz_loadu_epi8(mask, x + i)));
    }
}

#endif
