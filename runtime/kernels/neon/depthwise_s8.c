/* depthwise_s8 for NEON: one pixel a vector; each tap is one multiplication of its four channels. */
#include "int8.h"

#ifdef NNZ_ARM_NEON

enum { GROUP = 1 };

/* Up to four taps of the four channels. */
typedef struct dvec {
    int16x4_t tap[4];
    uint32_t taps;
} dvec;

VECTOR_INLINE dvec d_widen(const int8_t *bytes, uint32_t taps) {
    const int8x16_t all = vld1q_s8(bytes);
    const int16x8_t low = vmovl_s8(vget_low_s8(all)), high = vmovl_s8(vget_high_s8(all));
    return (dvec){{vget_low_s16(low), vget_high_s16(low), vget_low_s16(high), vget_high_s16(high)}, taps};
}

VECTOR_INLINE dvec d_pixels(const int8_t *x, uint32_t stride, size_t n) {
    (void)stride;
    (void)n;
    return d_widen(x, 4);
}

VECTOR_INLINE dvec d_weights(const int8_t *w, uint32_t taps) {
    return d_widen(w, taps);
}

VECTOR_INLINE ivec d_dot(ivec sum, dvec x, dvec w) {
    for (uint32_t i = 0; i < 4; i++)
        if (i < w.taps)
            sum = vmlal_s16(sum, x.tap[i], w.tap[i]);
    return sum;
}

#include "pixel.h"

#include "../vector/depthwise_s8.h"
#endif
