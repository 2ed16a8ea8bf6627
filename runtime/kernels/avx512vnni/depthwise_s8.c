/* depthwise_s8 for AVX-512 VNNI: four taps of a channel are one VPDPBUSD, of x + 128. */
#include "int8.h"

#ifdef NNZ_X86_64
#include "../avx512/pixels.h"

typedef __m512i dvec;

VECTOR_INLINE dvec d_pixels(const int8_t *x, uint32_t stride, size_t n) {
    return _mm512_xor_si512(d_shuffle(d_load(x, stride, n), 4), _mm512_set1_epi8(-128));
}

VECTOR_INLINE dvec d_weights(const int8_t *w, uint32_t taps) {
    return d_shuffle(_mm512_broadcast_i32x4(_mm_loadu_si128((const void *)w)), taps);
}

VECTOR_INLINE ivec d_dot(ivec sum, dvec x, dvec w) {
    return _mm512_dpbusd_epi32(sum, x, w);
}

#include "../vector/depthwise_s8.h"
#endif
