/* depthwise_s8 for Helium: the four channels of a pixel are the lanes; taps in the padding add what all of it adds. */
#include "helium.h"

#ifdef NNZ_CORTEX_M_HELIUM

/* Taps [begin, end) of an axis lie in [0, size); tap k at start + k dilation. */
typedef struct taps {
    uint32_t begin, end;
} taps;

static taps taps_inside(int32_t start, uint32_t kernel, uint32_t dilation, uint32_t size) {
    taps t = {0, kernel};
    while (t.begin < t.end && start + (int32_t)(t.begin * dilation) < 0)
        t.begin++;
    while (t.begin < t.end && start + (int32_t)((t.end - 1) * dilation) >= (int32_t)size)
        t.end--;
    return t;
}

/* Sum of (x - zero_x) w over the taps inside, to which the caller has added zero_x times all weights. */
static int32x4_t sum_taps(const nnz_depthwise_s8 *a, int32x4_t sum, int32_t top, int32_t left, taps rows,
                          taps columns) {
    for (uint32_t ky = rows.begin; ky < rows.end; ky++) {
        const size_t row = (size_t)(top + (int32_t)(ky * a->dilation_h)) * a->ldx;
        const int8_t *x = a->x + 4 * (row + (size_t)(left + (int32_t)(columns.begin * a->dilation_w)));
        const int8_t *w = a->w + 4 * (ky * a->kernel_w + columns.begin);
        for (uint32_t kx = columns.begin; kx < columns.end; kx++, w += 4, x += 4 * a->dilation_w)
            sum = vaddq_s32(sum, vmulq_s32(vsubq_n_s32(vldrbq_s32(x), a->zero_x), vldrbq_s32(w)));
    }
    return sum;
}

void nnz_depthwise_s8_helium(const nnz_depthwise_s8 *a) {
    const int32x4_t multiplier = vldrwq_s32(a->multiplier);
    int32x4_t bias = vldrwq_s32(a->bias);
    for (uint32_t i = 0; i < a->kernel_h * a->kernel_w; i++)
        bias = vmlaq_n_s32(bias, vldrbq_s32(a->w + 4 * i), a->zero_x);
    int8_t *y = a->y;
    for (uint32_t oy = 0; oy < a->out_height; oy++) {
        const int32_t top = (int32_t)(oy * a->stride_h) - (int32_t)a->pad_top;
        const taps rows = taps_inside(top, a->kernel_h, a->dilation_h, a->height);
        for (uint32_t ox = 0; ox < a->out_width; ox++, y += 4) {
            const int32_t left = (int32_t)(ox * a->stride_w) - (int32_t)a->pad_left;
            const taps columns = taps_inside(left, a->kernel_w, a->dilation_w, a->width);
            const int32x4_t sum = sum_taps(a, bias, top, left, rows, columns);
            vstrbq_s32(y, helium_finish(sum, multiplier, a->shift, a->zero, a->lo, a->hi));
        }
    }
}

#endif
