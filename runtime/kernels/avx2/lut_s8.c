/* lut_s8 for AVX2: 16 lookups among 16 bytes each by the low half of the index, then the right one by the high half. */
#include "avx2.h"

#ifdef NNZ_X86_64

NNZ_AVX2_INLINE __m256i look_up(const int8_t *table, __m256i low) {
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)table)), low);
}

/* The 2^depth rows from `table` on: bit 4 + depth - 1 of the index, then those below it, choose among them. */
NNZ_AVX2_INLINE __m256i choose2(const int8_t *table, __m256i low, __m256i bit4) {
    return _mm256_blendv_epi8(look_up(table, low), look_up(table + 16, low), bit4);
}

NNZ_AVX2_INLINE __m256i choose4(const int8_t *table, __m256i low, __m256i bit4, __m256i bit5) {
    return _mm256_blendv_epi8(choose2(table, low, bit4), choose2(table + 32, low, bit4), bit5);
}

NNZ_AVX2_INLINE __m256i choose8(const int8_t *table, __m256i low, __m256i bit4, __m256i bit5, __m256i bit6) {
    return _mm256_blendv_epi8(choose4(table, low, bit4, bit5), choose4(table + 64, low, bit4, bit5), bit6);
}

NNZ_AVX2 void nnz_lut_s8_avx2(const int8_t table[256], const int8_t *x, int8_t *y, size_t n) {
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        const __m256i v = _mm256_loadu_si256((const void *)(x + i)), low = _mm256_and_si256(v, _mm256_set1_epi8(15));
        const __m256i bit4 = _mm256_slli_epi16(v, 3), bit5 = _mm256_slli_epi16(v, 2), bit6 = _mm256_slli_epi16(v, 1);
        /* The index is x + 128: where x is negative, the lower half of the table. */
        const __m256i upper = choose8(table + 128, low, bit4, bit5, bit6);
        const __m256i lower = choose8(table, low, bit4, bit5, bit6);
        _mm256_storeu_si256((void *)(y + i), _mm256_blendv_epi8(upper, lower, v));
    }
    nnz_lut_s8_scalar(table, x + i, y + i, n - i);
}

#endif
