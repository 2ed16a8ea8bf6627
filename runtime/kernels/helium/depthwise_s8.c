/* depthwise_s8 for Helium: two pairs of pixels at a time. A vector of x is a tap of two pixels in the order of
 * dsp_four, so that the products of its even lanes are those of channels 0 and 1, of its odd lanes those of channels 2
 * and 3. */
#include "../dsp/depthwise_ring.h"
#include "helium.h"

#ifdef NNZ_CORTEX_M_HELIUM

/* Of two pixels: sums of the channels 0 and 1, and 2 and 3. */
typedef struct sums {
    int32x4_t low, high;
} sums;

/* What all pixels have in common. */
typedef struct channels {
    sums bias, multiplier;
} channels;

static int32x4_t twice(const int32_t *pair) {
    return (int32x4_t){pair[0], pair[1], pair[0], pair[1]};
}

static inline sums add_tap(sums s, int16x8_t x, int16x8_t w) {
    s.low = vaddq_s32(s.low, vmullbq_int_s16(x, w));
    s.high = vaddq_s32(s.high, vmulltq_int_s16(x, w));
    return s;
}

/* Stores two pixels, or one. */
static inline void finish(const nnz_depthwise_s8 *a, const channels *c, sums s, int8_t *y, mve_pred16_t p) {
    const uint32x4_t places = {0, 1, 4, 5};
    s.low = helium_finish(s.low, c->multiplier.low, a->shift, a->zero, a->lo, a->hi);
    s.high = helium_finish(s.high, c->multiplier.high, a->shift, a->zero, a->lo, a->hi);
    vstrbq_scatter_offset_p_s32(y, places, s.low, p);
    vstrbq_scatter_offset_p_s32(y + 2, places, s.high, p);
}

static inline int16x8_t gather_two(const dsp_four *x, uint64x2_t at) {
    return vreinterpretq_s16_s64(vldrdq_gather_shifted_offset_s64((const int64_t *)x, at));
}

/* A pair of outputs, or the only one twice, and with `two` another pair that is `second` pixels behind; `row` is their
 * first tap. */
DSP_INLINE void pairs(const nnz_depthwise_s8 *a, const ring *r, const channels *c, const dsp_four *row, int8_t *y,
                      uint32_t n, bool two, uint32_t second) {
    const uint32_t kernel_w = a->kernel_w, dilation_w = a->dilation_w;
    /* GCC 12 takes wrong registers for a vector of 64-bit variables. */
    const uint32x4_t words = {0, 0, n < 2 ? 0 : a->stride_w, 0};
    const uint64x2_t pair = vreinterpretq_u64_u32(words);
    const int16_t *w = a->scratch;
    sums s0 = c->bias, s1 = c->bias;
    for (uint32_t ky = 0; ky < a->kernel_h; ky++, row = row_below(a, r, row)) {
        const dsp_four *x0 = row, *x1 = row + second * a->stride_w;
        for (uint32_t kx = 0; kx < kernel_w; kx++, x0 += dilation_w, x1 += dilation_w, w += 8) {
            const int16x8_t weights = vldrhq_s16(w);
            s0 = add_tap(s0, gather_two(x0, pair), weights);
            if (two) {
                __asm volatile("" ::: "memory"); /* with both loaded the compiler lacks a register */
                s1 = add_tap(s1, gather_two(x1, pair), weights);
            }
        }
    }
    const mve_pred16_t p = vctp32q(2 * n);
    finish(a, c, s0, y, p);
    if (two)
        finish(a, c, s1, y + 4 * second, p);
}

/* A row of outputs. Of three the second pair contains the last of the first. */
static void row_of_pairs(const nnz_depthwise_s8 *a, const ring *r, const channels *c, const dsp_four *row, int8_t *y) {
    uint32_t n = a->out_width;
    for (; n > 2; n = n < 4 ? 0 : n - 4, row += 4 * a->stride_w, y += 16)
        pairs(a, r, c, row, y, 2, true, n < 4 ? 1 : 2);
    if (n)
        pairs(a, r, c, row, y, n, false, 0);
}

/* Each tap of the weights twice: for two pixels. */
static dsp_four *widen_weights(const nnz_depthwise_s8 *a) {
    dsp_four *w = a->scratch;
    for (uint32_t i = 0; i < a->kernel_h * a->kernel_w; i++, w += 2)
        w[0] = w[1] = dsp_widen_at(a->w + 4 * i);
    return w;
}

void nnz_depthwise_s8_helium(const nnz_depthwise_s8 *a) {
    const channels c = {{twice(a->bias), twice(a->bias + 2)}, {twice(a->multiplier), twice(a->multiplier + 2)}};
    ring r = open_ring(a, widen_weights(a));
    for (uint32_t oy = 0; oy < a->out_height; oy++) {
        move_ring(a, &r, oy * a->stride_h);
        row_of_pairs(a, &r, &c, row_at(&r, oy * a->stride_h), a->y + 4 * (size_t)oy * a->out_width);
    }
}

#endif
