/*
 * depthwise_s8 for AVX2. Windows of any size: two pixels a vector, the taps in two vectors of 16-bit values, so that
 * VPMADDWD is exact. Windows of 3 x 3: a column of taps by VPMADDUBSW of |w| and x, or ~x where w is negative: two such
 * products come to 16 bits, whatever w and x. As ~x is -x - 1, |w| is added to the bias there.
 */
#include "dot_words.h"

#ifdef NNZ_X86_64
#include "pixels.h"

typedef xvec dvec; /* taps 0 and 2, taps 1 and 3 of each channel */

VECTOR_INLINE dvec d_pixels(const int8_t *x, uint32_t stride, size_t n) {
    return i_split(_mm256_xor_si256(d_shuffle(d_load(x, stride, n), 4), _mm256_set1_epi8(-128)));
}

VECTOR_INLINE dvec d_weights(const int8_t *w, uint32_t taps) {
    return i_split_signed(d_shuffle(_mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)w)), taps));
}

VECTOR_INLINE ivec d_dot(ivec sum, dvec x, dvec w) {
    i_dot(&sum, x, w);
    return sum;
}

/* ---- A column of a window ---------------------------------------------------------------------------------------- */

typedef struct dcolumn {
    ivec size, sign; /* |w|; all bits where w is negative */
} dcolumn;

VECTOR_INLINE dcolumn d_column(__m128i rows, int shift) {
    const ivec w = _mm256_slli_epi32(d_shuffle(_mm256_broadcastsi128_si256(rows), 3), shift);
    return (dcolumn){_mm256_abs_epi8(w), _mm256_cmpgt_epi8(_mm256_setzero_si256(), w)};
}

VECTOR_INLINE ivec d_dot_column(ivec sum, ivec x, dcolumn w) {
    const ivec pairs = _mm256_maddubs_epi16(w.size, _mm256_xor_si256(x, w.sign));
    return i_add(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

VECTOR_INLINE ivec d_columns_bias(const nnz_depthwise_s8 *a) {
    int32_t bias[4];
    for (int c = 0; c < 4; c++) {
        bias[c] = a->bias[c];
        for (int i = 0; i < 9; i++)
            bias[c] += a->w[4 * i + c] < 0 ? -a->w[4 * i + c] : 0;
    }
    return d_repeat(bias);
}

VECTOR_INLINE ivec d_load_row(const int8_t *x) {
    return _mm256_loadu_si256((const void *)x);
}

#include "../vector/depthwise_s8_any.h"
#include "../vector/depthwise_s8_columns.h"
#endif
