/* depthwise_s8 for AVX-VNNI: four taps of a channel are one VPDPBUSD, of x + 128. */
#include "int8.h"

#ifdef NNZ_AVXVNNI
#include "../avx2/pixels.h"

typedef __m256i dvec;

VECTOR_INLINE dvec d_pixels(const int8_t *x, uint32_t stride, size_t n) {
    return _mm256_xor_si256(d_shuffle(d_load(x, stride, n), 4), _mm256_set1_epi8(-128));
}

VECTOR_INLINE dvec d_weights(const int8_t *w, uint32_t taps) {
    return d_shuffle(_mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)w)), taps);
}

VECTOR_INLINE ivec d_dot(ivec sum, dvec x, dvec w) {
    return _mm256_dpbusd_avx_epi32(sum, x, w);
}

/* ---- A column of a window ---------------------------------------------------------------------------------------- */

typedef __m256i dcolumn;

VECTOR_INLINE dcolumn d_column(__m128i rows, int shift) {
    return _mm256_slli_epi32(d_shuffle(_mm256_broadcastsi128_si256(rows), 3), shift);
}

VECTOR_INLINE ivec d_dot_column(ivec sum, ivec x, dcolumn w) {
    return _mm256_dpbusd_avx_epi32(sum, x, w);
}

VECTOR_INLINE ivec d_load_row(const int8_t *x) {
    return _mm256_xor_si256(_mm256_loadu_si256((const void *)x), _mm256_set1_epi8(-128));
}

#include "../vector/depthwise_s8_any.h"

VECTOR_INLINE ivec d_columns_bias(const nnz_depthwise_s8 *a) {
    return depthwise_s8_bias(a);
}

#include "../vector/depthwise_s8_columns.h"
#endif
