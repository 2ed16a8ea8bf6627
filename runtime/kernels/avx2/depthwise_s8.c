/* depthwise_s8 for AVX2: two pixels a vector; the taps in two vectors of 16-bit values, so that VPMADDWD is exact. */
#include "../tap_shuffle.h"
#include "dot_words.h"

#ifdef NNZ_X86_64

enum { GROUP = 2 };
typedef xvec dvec; /* taps 0 and 2, taps 1 and 3 of each channel */

VECTOR_INLINE __m256i d_shuffle(__m256i pixels, uint32_t taps) {
    return _mm256_shuffle_epi8(pixels,
                               _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)nnz_tap_shuffle[taps])));
}

/* Four pixels from x on, and four from `stride` pixels further on, if n is 2. */
VECTOR_INLINE dvec d_pixels(const int8_t *x, uint32_t stride, size_t n) {
    const __m128i first = _mm_loadu_si128((const void *)x);
    const __m128i second = _mm_loadu_si128((const void *)(x + 4 * (n - 1) * stride));
    const __m256i pixels = _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
    return i_split(_mm256_xor_si256(d_shuffle(pixels, 4), _mm256_set1_epi8(-128)));
}

VECTOR_INLINE dvec d_weights(const int8_t *w, uint32_t taps) {
    return i_split_signed(d_shuffle(_mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)w)), taps));
}

VECTOR_INLINE ivec d_dot(ivec sum, dvec x, dvec w) {
    i_dot(&sum, x, w);
    return sum;
}

VECTOR_INLINE ivec d_repeat(const int32_t values[4]) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)values));
}

/* As i_requantize(), with a multiplier for each lane. */
VECTOR_INLINE ivec d_requantize(ivec acc, ivec multiplier, uint32_t shift, ivec rounding) {
    return i_requantize_by(acc, multiplier, _mm256_srli_epi64(multiplier, 32), shift, rounding);
}

/* n pixels, clamped. */
VECTOR_INLINE void d_store(int8_t *y, ivec v, int32_t lo, int32_t hi, size_t n) {
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    __m128i bytes = _mm_packs_epi16(words, words);
    bytes = _mm_max_epi8(_mm_set1_epi8((int8_t)lo), _mm_min_epi8(_mm_set1_epi8((int8_t)hi), bytes));
    if (n == GROUP)
        _mm_storel_epi64((void *)y, bytes);
    else
        _mm_storeu_si32(y, bytes);
}

#include "../vector/depthwise_s8.h"
#endif
