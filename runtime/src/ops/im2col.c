#include "im2col.h"

#include <string.h>

nnz_shared_rows nnz_im2col_share(const nnz_window *w) {
    const uint32_t last = (w->kernel_h - 1) * w->dilation_h;
    nnz_shared_rows s = {.window = *w, .more_rows = last / w->stride_h};
    s.window.kernel_h = last < w->stride_h ? last + 1 : w->stride_h;
    s.window.dilation_h = 1;
    return s;
}

size_t nnz_im2col_column(const nnz_window *w, uint32_t out_width, uint32_t pitch, uint32_t column) {
    const uint32_t taps = w->kernel_h * w->kernel_w, tap = column % taps;
    const uint32_t y = tap / w->kernel_w * w->dilation_h, shared = nnz_im2col_share(w).window.kernel_h;
    const size_t row = ((size_t)(column / taps) * shared + y % w->stride_h) * w->kernel_w + tap % w->kernel_w;
    return row * pitch + (size_t)(y / w->stride_h) * out_width;
}

nnz_im2col nnz_im2col_describe(const nnz_window *w, const nnz_map *out) {
    uint32_t pixels = out->h * out->w;
    return (nnz_im2col){.pixels = pixels, .vectors = (pixels + 15) / 16, .taps = w->kernel_h * w->kernel_w};
}

uint64_t nnz_im2col_place(nnz_im2col *t, uint8_t *memory) {
    uint64_t at = 0;
    t->tap_offset = nnz_take(memory, &at, (uint64_t)t->taps * sizeof *t->tap_offset);
    t->offset = nnz_take(memory, &at, 16 * (uint64_t)t->vectors * sizeof *t->offset);
    t->mask = nnz_take(memory, &at, t->taps * (uint64_t)t->vectors * sizeof *t->mask);
    t->step = nnz_take(memory, &at, t->vectors);
    return at;
}

/* The input of tap (0, 0) of a pixel. */
static void locate(const nnz_window *w, uint32_t width, uint32_t pixel, int64_t *y, int64_t *x) {
    *y = (int64_t)(pixel / width) * w->stride_h - w->pad_top;
    *x = (int64_t)(pixel % width) * w->stride_w - w->pad_left;
}

static void fill_masks(nnz_im2col *t, const nnz_window *w, const nnz_map *in, const nnz_map *out) {
    memset(t->mask, 0, t->taps * (size_t)t->vectors * sizeof *t->mask);
    for (uint32_t tap = 0; tap < t->taps; tap++) {
        uint16_t *mask = t->mask + (size_t)tap * t->vectors;
        for (uint32_t i = 0; i < t->pixels; i++) {
            int64_t y, x;
            locate(w, out->w, i, &y, &x);
            y += (int64_t)(tap / w->kernel_w) * w->dilation_h;
            x += (int64_t)(tap % w->kernel_w) * w->dilation_w;
            if (y >= 0 && y < in->h && x >= 0 && x < in->w)
                mask[i / 16] |= (uint16_t)(1u << i % 16);
        }
    }
}

/* What lies between the inputs of neighbouring pixels, for each 16 of them. */
static void fill_steps(nnz_im2col *t) {
    for (uint32_t v = 0; v < t->vectors; v++) {
        const int32_t *offset = t->offset + 16 * v;
        uint32_t n = t->pixels - 16 * v < 16 ? t->pixels - 16 * v : 16;
        int32_t step = n > 1 ? offset[1] - offset[0] : 1;
        for (uint32_t i = 0; i < n; i++)
            if (offset[i] != offset[0] + step * (int32_t)i)
                step = 0;
        t->step[v] = step == 1 || step == 2 ? (uint8_t)step : 0;
    }
}

void nnz_im2col_fill(nnz_im2col *t, const nnz_window *w, const nnz_map *in, const nnz_map *out) {
    for (uint32_t tap = 0; tap < t->taps; tap++)
        t->tap_offset[tap] = (int32_t)(tap / w->kernel_w * w->dilation_h * in->w + tap % w->kernel_w * w->dilation_w);
    for (uint32_t i = 0; i < 16 * t->vectors; i++) {
        int64_t y, x;
        locate(w, out->w, i, &y, &x);
        t->offset[i] = i < t->pixels ? (int32_t)(y * in->w + x) : 0;
    }
    fill_masks(t, w, in, out);
    fill_steps(t);
}
