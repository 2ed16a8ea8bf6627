/* rescale_s8 for AVX2: VPMULHRSW rounds as it is specified. */
#include "int8.h"

#ifdef NNZ_X86_64

/* The numbers of a nnz_rescale_s8, 16 of each, but for the shift that makes x 2^shift of x 2^8. */
typedef struct line {
    __m128i shift;
    __m256i zero_x, multiplier, zero;
} line;

/* Of 16-bit values x 2^8; no sum saturates that would not be clamped. */
VECTOR_INLINE __m256i rescale(const line *l, __m256i x) {
    const __m256i u = _mm256_sub_epi16(_mm256_sra_epi16(x, l->shift), l->zero_x);
    return _mm256_adds_epi16(_mm256_mulhrs_epi16(u, l->multiplier), l->zero);
}

VECTOR_INLINE __m256i rescale32(const nnz_rescale_s8 *a, const line *l, __m256i x) {
    const __m256i low = _mm256_unpacklo_epi8(_mm256_setzero_si256(), x);
    const __m256i high = _mm256_unpackhi_epi8(_mm256_setzero_si256(), x);
    return i_clamp_bytes(_mm256_packs_epi16(rescale(l, low), rescale(l, high)), a->lo, a->hi);
}

VECTOR_FUNCTION void VECTOR_NAME(rescale_s8)(const nnz_rescale_s8 *a) {
    const nnz_rescale_s8 s = *a; /* stores of bytes may alias it */
    const line l = {_mm_cvtsi32_si128(8 - (int)s.shift), _mm256_set1_epi16((int16_t)(s.zero_x * (1 << s.shift))),
                    _mm256_set1_epi16((int16_t)s.multiplier), _mm256_set1_epi16((int16_t)s.zero)};
    size_t i = 0;
    for (; i + 32 <= s.n; i += 32) {
        const __m256i x = _mm256_loadu_si256((const void *)(s.x + i));
        _mm256_storeu_si256((void *)(s.y + i), rescale32(&s, &l, x));
    }
    if (i < s.n) {
        int8_t rest[32];
        __builtin_memcpy(rest, s.x + i, s.n - i);
        _mm256_storeu_si256((void *)rest, rescale32(&s, &l, _mm256_loadu_si256((const void *)rest)));
        __builtin_memcpy(s.y + i, rest, s.n - i);
    }
}

#endif
