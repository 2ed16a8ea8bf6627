/* depthwise_s8 for AVX-512: the taps in two vectors of 16-bit values, so that VPMADDWD is exact. */
#include "int8.h"

#ifdef NNZ_X86_64
#include "pixels.h"

typedef struct dvec {
    __m512i even, odd; /* taps 0 and 2, taps 1 and 3 of each channel */
} dvec;

VECTOR_INLINE dvec d_split(__m512i bytes) {
    return (dvec){_mm512_srai_epi16(_mm512_slli_epi16(bytes, 8), 8), _mm512_srai_epi16(bytes, 8)};
}

VECTOR_INLINE dvec d_pixels(const int8_t *x, uint32_t stride, size_t n) {
    return d_split(d_shuffle(d_load(x, stride, n), 4));
}

VECTOR_INLINE dvec d_weights(const int8_t *w, uint32_t taps) {
    return d_split(d_shuffle(_mm512_broadcast_i32x4(_mm_loadu_si128((const void *)w)), taps));
}

VECTOR_INLINE ivec d_dot(ivec sum, dvec x, dvec w) {
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(x.even, w.even));
    return _mm512_add_epi32(sum, _mm512_madd_epi16(x.odd, w.odd));
}

#include "../vector/depthwise_s8.h"
#endif
