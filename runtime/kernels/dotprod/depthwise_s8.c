/* depthwise_s8 for NEON with dot products: four taps of a channel are one SDOT. */
#include "../tap_shuffle.h"
#include "int8.h"

#ifdef NNZ_AARCH64

enum { GROUP = 1 };
typedef int8x16_t dvec;

/* From the order of pixels to that of channels. */
VECTOR_INLINE dvec d_shuffle(const int8_t *pixels, uint32_t taps) {
    return vqtbl1q_s8(vld1q_s8(pixels), vreinterpretq_u8_s8(vld1q_s8(nnz_tap_shuffle[taps])));
}

VECTOR_INLINE dvec d_pixels(const int8_t *x, uint32_t stride, size_t n) {
    (void)stride;
    (void)n;
    return d_shuffle(x, 4);
}

VECTOR_INLINE dvec d_weights(const int8_t *w, uint32_t taps) {
    return d_shuffle(w, taps);
}

VECTOR_INLINE ivec d_dot(ivec sum, dvec x, dvec w) {
    return vdotq_s32(sum, x, w);
}

#include "../neon/pixel.h"

#include "../vector/depthwise_s8.h"
#endif
