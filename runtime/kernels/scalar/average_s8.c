/* average_s8: a channel's sum is one chain of float32 additions, rows first; four of them are on their way at once. */
#include "../pool_s8.h"

#include <math.h>

/* What lies beyond 512 is beyond the int8 range with any zero point. */
static int8_t rounded(const nnz_pool_s8 *a, float mean) {
    float v = mean / a->scale;
    v = v != v ? 0 : nnz_clip(v, -512, 512);
    return (int8_t)nnz_clamp((int32_t)nearbyintf(v) + a->zero, a->lo, a->hi);
}

static void average(const nnz_pool_s8 *a, uint32_t oy, uint32_t ox, int8_t y[4]) {
    const int64_t top = nnz_pool_start(oy, a->stride_h, a->pad_top);
    const int64_t left = nnz_pool_start(ox, a->stride_w, a->pad_left);
    const nnz_taps rows = nnz_pool_taps(top, a->dilation_h, a->kernel_h, 0, a->height);
    const nnz_taps cols = nnz_pool_taps(left, a->dilation_w, a->kernel_w, 0, a->width);
    float sums[4] = {0, 0, 0, 0};
    for (int64_t ky = rows.begin; ky < rows.end; ky++) {
        const int8_t *row = a->x + 4 * (top + ky * a->dilation_h) * a->width;
        for (int64_t kx = cols.begin; kx < cols.end; kx++) {
            const int8_t *x = row + 4 * (left + kx * a->dilation_w);
            for (int c = 0; c < 4; c++)
                sums[c] += a->scale_x * (float)(x[c] - a->zero_x);
        }
    }
    const float count = (float)nnz_pool_s8_count(a, oy, ox);
    for (int c = 0; c < 4; c++)
        y[c] = rounded(a, sums[c] / count);
}

void nnz_average_s8_scalar(const nnz_pool_s8 *a) {
    int8_t *y = a->y;
    for (uint32_t oy = 0; oy < a->out_height; oy++)
        for (uint32_t ox = 0; ox < a->out_width; ox++, y += 4)
            average(a, oy, ox, y);
}
