#include "geometry.h"

check_geometry check_geometry_random(uint32_t most_pixels) {
    const bool plain = check_chance(30); /* 1x1: everything side by side and inside */
    check_geometry g = {
        .channels = check_random(1, 5),
        .height = check_random(1, 20),
        .width = check_random(1, 40),
        .kernel_h = plain ? 1 : check_random(1, 5),
        .kernel_w = plain ? 1 : check_random(1, 5),
        .stride_h = plain ? 1 : check_random(1, 3),
        .stride_w = plain ? 1 : check_random(1, 3),
        .dilation_h = check_random(1, 3),
        .dilation_w = check_random(1, 3),
        .pad_top = plain ? 0 : check_random(0, 4),
        .pad_left = plain ? 0 : check_random(0, 4),
    };
    g.out_height = plain ? g.height : check_random(1, 12);
    g.out_width = plain ? g.width : check_random(1, 40);
    if (!plain && check_chance(20)) { /* a row of outputs begins a step behind the end of the one before */
        g.stride_h = 1, g.stride_w = 2;
        g.width += g.width % 2;
        g.out_width = g.width / 2;
    }
    const uint32_t all = g.out_height * g.out_width;
    g.first_pixel = check_random(0, all - 1);
    g.pixels = check_random(1, all - g.first_pixel < most_pixels ? all - g.first_pixel : most_pixels);
    return g;
}

bool check_locate(const check_geometry *g, uint32_t tap, uint32_t pixel, int64_t *row, int64_t *column) {
    pixel += g->first_pixel;
    *row = (int64_t)(pixel / g->out_width) * g->stride_h + tap / g->kernel_w * g->dilation_h - g->pad_top;
    *column = (int64_t)(pixel % g->out_width) * g->stride_w + tap % g->kernel_w * g->dilation_w - g->pad_left;
    return *row >= 0 && *row < g->height && *column >= 0 && *column < g->width;
}

check_tables check_tables_of(const check_geometry *g, uint32_t mask_margin) {
    const uint32_t vectors = (g->pixels + 15) / 16, taps = g->kernel_h * g->kernel_w;
    const size_t mask_stride = vectors + mask_margin;
    int32_t *tap_offset = check_zeros(taps * sizeof *tap_offset);
    int32_t *offset = check_zeros(vectors * 16 * sizeof *offset);
    uint16_t *mask = check_zeros(taps * mask_stride * sizeof *mask);
    uint8_t *step = check_zeros(vectors);
    for (uint32_t t = 0; t < taps; t++)
        tap_offset[t] = (int32_t)(t / g->kernel_w * g->dilation_h * g->width + t % g->kernel_w * g->dilation_w);
    for (uint32_t p = 0; p < g->pixels; p++) {
        int64_t row, column;
        check_locate(g, 0, p, &row, &column);
        offset[p] = (int32_t)(row * g->width + column);
        const int32_t *first = offset + (p & ~15u);
        if (p % 16 < 2)
            step[p / 16] = p % 16 == 0 || offset[p] == first[0] + 1 ? 1 : offset[p] == first[0] + 2 ? 2 : 0;
        else if (offset[p] != first[0] + (int32_t)(p % 16) * step[p / 16])
            step[p / 16] = 0;
        for (uint32_t t = 0; t < taps; t++)
            if (check_locate(g, t, p, &row, &column))
                mask[t * mask_stride + p / 16] |= (uint16_t)(1u << p % 16);
    }
    return (check_tables){tap_offset, offset, mask, mask_stride, step};
}

bool check_pool_axis(uint32_t most, uint32_t *in, uint32_t *out, uint32_t *kernel, uint32_t *stride, uint32_t *dilation,
                     uint32_t *before, uint32_t *after) {
    *in = check_random(1, most);
    *kernel = check_random(1, check_chance(10) ? *in : 4);
    *stride = check_random(1, 4);
    *dilation = check_random(1, 3);
    *before = check_random(0, 3);
    *after = check_random(0, 3);
    const uint32_t padded = *in + *before + *after, extent = *dilation * (*kernel - 1) + 1;
    if (extent > padded)
        return false;
    *out = (padded - extent + (check_chance(50) ? *stride - 1 : 0)) / *stride + 1;
    for (uint32_t o = 0; o < *out; o++) {
        bool meets = false;
        for (uint32_t k = 0; k < *kernel; k++) {
            const int64_t at = (int64_t)o * *stride + k * *dilation - *before;
            meets = meets || (at >= 0 && at < *in);
        }
        if (!meets)
            return false;
    }
    return true;
}
