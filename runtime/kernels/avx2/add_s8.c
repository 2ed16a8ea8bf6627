/* add_s8 for AVX2. */
#include "bytes.h"

#ifdef NNZ_X86_64

enum { BYTES = 32 };

VECTOR_INLINE ivec p_load(const int8_t *x) {
    return _mm256_loadu_si256((const void *)x);
}

VECTOR_INLINE void p_store(int8_t *y, ivec x) {
    _mm256_storeu_si256((void *)y, x);
}

VECTOR_INLINE ivec p_interleave_low(ivec a, ivec b) {
    return _mm256_unpacklo_epi8(a, b);
}

VECTOR_INLINE ivec p_interleave_high(ivec a, ivec b) {
    return _mm256_unpackhi_epi8(a, b);
}

VECTOR_INLINE ivec p_widen_low(ivec x) {
    return _mm256_srai_epi16(_mm256_unpacklo_epi8(x, x), 8);
}

VECTOR_INLINE ivec p_widen_high(ivec x) {
    return _mm256_srai_epi16(_mm256_unpackhi_epi8(x, x), 8);
}

VECTOR_INLINE ivec p_dot(ivec a, ivec b) {
    return _mm256_madd_epi16(a, b);
}

VECTOR_INLINE ivec i_shift_left(ivec x, int bits) {
    return _mm256_slli_epi32(x, bits);
}

VECTOR_INLINE ivec p_narrow_words(ivec low, ivec high) {
    return _mm256_packs_epi32(low, high);
}

VECTOR_INLINE ivec p_narrow_bytes(ivec low, ivec high) {
    return _mm256_packs_epi16(low, high);
}

#include "../vector/add_s8_pairs.h"
#endif
