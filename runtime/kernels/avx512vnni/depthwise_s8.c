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

#include "../vector/depthwise_s8_any.h"
#include "depthwise_s8_3x3.h"

VECTOR_FUNCTION void VECTOR_NAME(depthwise_s8)(const nnz_depthwise_s8 *a) {
    const ivec bias = depthwise_s8_bias(a);
    if (depthwise_s8_is_3x3(a, 1))
        depthwise_s8_3x3_stride1(a, bias);
    else if (depthwise_s8_is_3x3(a, 2))
        depthwise_s8_3x3_stride2(a, bias);
    else
        depthwise_s8_any_rows(a, bias, 0);
}
#endif
