/* depthwise_s8 for the DSP extension: a tap of a pixel is two loads and four products. */
#include "depthwise_ring.h"

#ifdef NNZ_CORTEX_M_DSP

/* The sums of four channels. */
typedef struct sums {
    int32_t channel[4];
} sums;

static inline sums add_tap(sums s, const dsp_four *x, const dsp_four *w) {
    s.channel[0] = __smlabb(x->even, w->even, s.channel[0]);
    s.channel[1] = __smlabb(x->odd, w->odd, s.channel[1]);
    s.channel[2] = __smlatt(x->even, w->even, s.channel[2]);
    s.channel[3] = __smlatt(x->odd, w->odd, s.channel[3]);
    return s;
}

static inline sums begin(const nnz_depthwise_s8 *a) {
    return (sums){{a->bias[0], a->bias[1], a->bias[2], a->bias[3]}};
}

static inline uint32_t finish(const nnz_depthwise_s8 *a, sums s, bool narrow) {
    for (uint32_t i = a->shift; i; i--)
        s = (sums){
            {dsp_double(s.channel[0]), dsp_double(s.channel[1]), dsp_double(s.channel[2]), dsp_double(s.channel[3])}};
    const int32_t *m = a->multiplier, zero = a->zero, lo = a->lo, hi = a->hi;
    return dsp_bytes(dsp_clamp(dsp_round(s.channel[0], m[0], zero), lo, hi, narrow),
                     dsp_clamp(dsp_round(s.channel[1], m[1], zero), lo, hi, narrow),
                     dsp_clamp(dsp_round(s.channel[2], m[2], zero), lo, hi, narrow),
                     dsp_clamp(dsp_round(s.channel[3], m[3], zero), lo, hi, narrow));
}

/* A row of outputs; `top` is the first row of x that it needs. */
static void any_row(const nnz_depthwise_s8 *a, const ring *r, uint32_t top, uint32_t *y) {
    const dsp_four *first = row_at(r, top);
    const bool narrow = dsp_is_narrow(a->lo, a->hi);
    for (const uint32_t *end = y + a->out_width; y < end; first += a->stride_w) {
        const dsp_four *row = first, *w = a->scratch;
        sums s = begin(a);
        for (uint32_t ky = 0; ky < a->kernel_h; ky++) {
            const dsp_four *x = row;
            for (uint32_t kx = 0; kx < a->kernel_w; kx++, x += a->dilation_w)
                s = add_tap(s, x, w++);
            row = row_below(a, r, row);
        }
        *y++ = finish(a, s, narrow);
    }
}

static inline sums add_three(sums s, const dsp_four *x, const dsp_four *w) {
    return add_tap(add_tap(add_tap(s, x, w), x + 1, w + 1), x + 2, w + 2);
}

/* The same for 3 x 3 taps without dilation. */
static void row_3x3(const nnz_depthwise_s8 *a, const ring *r, uint32_t top, uint32_t *y) {
    const bool narrow = dsp_is_narrow(a->lo, a->hi);
    const dsp_four *x0 = row_at(r, top), *x1 = row_at(r, top + 1), *x2 = row_at(r, top + 2), *w = a->scratch;
    const uint32_t step = a->stride_w;
    for (const uint32_t *end = y + a->out_width; y < end; x0 += step, x1 += step, x2 += step)
        *y++ = finish(a, add_three(add_three(add_three(begin(a), x0, w), x1, w + 3), x2, w + 6), narrow);
}

void nnz_depthwise_s8_dsp(const nnz_depthwise_s8 *a) {
    const bool is_3x3 = a->kernel_h == 3 && a->kernel_w == 3 && a->dilation_h == 1 && a->dilation_w == 1;
    ring r = open_ring(a, widen_pixels(a->scratch, a->w, a->kernel_h * a->kernel_w));
    uint32_t *y = (uint32_t *)a->y;
    for (uint32_t oy = 0; oy < a->out_height; oy++, y += a->out_width) {
        const uint32_t top = oy * a->stride_h;
        move_ring(a, &r, top);
        if (is_3x3)
            row_3x3(a, &r, top, y);
        else
            any_row(a, &r, top, y);
    }
}

#endif
