/*
 * pack_s8 for the DSP extension: blocks of four pixels, widened to 16 bits. Most windows lie wholly inside of x, where
 * taps are found by adding; the others look at each tap.
 */
#include "../pack_s8.h"
#include "spmm_s8.h"

#ifdef NNZ_CORTEX_M_DSP

enum { COLUMNS_MAX = 64 }; /* of plain tensors, whose places are kept on the stack */

static bool is_inside(const nnz_pack_s8 *a, nnz_corner c) {
    return c.y >= 0 && c.x >= 0 && nnz_pack_s8_at(a, c, a->taps / a->kernel_w - 1, a->kernel_w - 1) >= 0;
}

/* ---- Planes of four channels: a tap is one word ------------------------------------------------------------------ */

/* One tap of four pixels, `step` words apart, through all planes. */
static void words_of_four(const nnz_pack_s8 *a, const uint32_t *x, uint32_t step, dsp_unit *y) {
    const size_t stride = a->channel_stride / 4;
    for (const dsp_unit *end = y + a->units; y < end; y += a->taps, x += stride) {
        y->pixel[0] = dsp_widen(x[0]);
        y->pixel[1] = dsp_widen(x[step]);
        y->pixel[2] = dsp_widen(x[2 * step]);
        y->pixel[3] = dsp_widen(x[3 * step]);
    }
}

static void words_of_one(const nnz_pack_s8 *a, const uint32_t *x, size_t stride, dsp_four *y) {
    for (const dsp_four *end = y + (size_t)a->units * DSP_PIXELS; y < end; y += a->taps * DSP_PIXELS, x += stride)
        *y = dsp_widen(*x);
}

static void pack_words(const nnz_pack_s8 *a, uint32_t pixel, uint32_t n, dsp_unit *y) {
    const uint32_t zero = (uint8_t)a->zero * 0x01010101u, *x = (const uint32_t *)a->x;
    nnz_corner corner[DSP_PIXELS];
    for (uint32_t p = 0; p < n; p++)
        corner[p] = nnz_pack_s8_corner(a, pixel + p);
    const bool regular =
        n == DSP_PIXELS && corner[0].y == corner[3].y && is_inside(a, corner[0]) && is_inside(a, corner[3]);
    for (uint32_t tap = 0, ky = 0; tap < a->taps; ky++)
        for (uint32_t kx = 0; kx < a->kernel_w; kx++, tap++) {
            if (regular) {
                words_of_four(a, x + nnz_pack_s8_index(a, corner[0], ky, kx), a->stride_w, y + tap);
                continue;
            }
            for (uint32_t p = 0; p < n; p++) {
                const int32_t at = nnz_pack_s8_at(a, corner[p], ky, kx);
                words_of_one(a, at < 0 ? &zero : x + at, at < 0 ? 0 : a->channel_stride / 4, &y[tap].pixel[p]);
            }
        }
}

/* ---- Single channels: four columns gather in a cell -------------------------------------------------------------- */

/* Where the columns of a window lie, from its corner on. */
static void find_columns(const nnz_pack_s8 *a, int32_t *offset) {
    uint32_t k = 0;
    for (size_t plane = 0; k < a->cols; plane += a->channel_stride)
        for (uint32_t tap = 0; tap < a->taps; tap++) {
            const uint32_t ky = tap / a->kernel_w, kx = tap - ky * a->kernel_w;
            offset[k++] = (int32_t)(plane + ky * a->dilation_h * a->width + kx * a->dilation_w);
        }
}

static void columns_inside(const nnz_pack_s8 *a, const int8_t *x, const int32_t *offset, dsp_four *y) {
    for (const int32_t *end = offset + a->cols / 4 * 4; offset < end; offset += 4, y += DSP_PIXELS) {
        y->even = dsp_pair(x[offset[0]], x[offset[2]]);
        y->odd = dsp_pair(x[offset[1]], x[offset[3]]);
    }
    const uint32_t rest = a->cols % 4;
    if (rest) {
        y->even = dsp_pair(x[offset[0]], rest > 2 ? x[offset[2]] : 0);
        y->odd = dsp_pair(rest > 1 ? x[offset[1]] : 0, 0);
    }
}

static void columns_anywhere(const nnz_pack_s8 *a, nnz_corner corner, dsp_four *y) {
    int8_t four[4] = {0};
    uint32_t k = 0;
    for (const int8_t *plane = a->x; k < a->cols; plane += a->channel_stride)
        for (uint32_t tap = 0; tap < a->taps; tap++) {
            const uint32_t ky = tap / a->kernel_w, kx = tap - ky * a->kernel_w;
            const int32_t at = nnz_pack_s8_at(a, corner, ky, kx);
            four[k++ % 4] = at < 0 ? a->zero : plane[at];
            if (k % 4 && k < a->cols)
                continue;
            *y = dsp_widen(dsp_load(four));
            y += DSP_PIXELS;
            memset(four, 0, sizeof four);
        }
}

static void pack_columns(const nnz_pack_s8 *a, uint32_t pixel, uint32_t n, const int32_t *offset, dsp_unit *y) {
    for (uint32_t p = 0; p < n; p++) {
        const nnz_corner corner = nnz_pack_s8_corner(a, pixel + p);
        if (a->cols <= COLUMNS_MAX && is_inside(a, corner))
            columns_inside(a, a->x + nnz_pack_s8_index(a, corner, 0, 0), offset, &y->pixel[p]);
        else
            columns_anywhere(a, corner, &y->pixel[p]);
    }
}

void nnz_pack_s8_dsp(const nnz_pack_s8 *a) {
    int32_t offset[COLUMNS_MAX];
    if (!a->planes4 && a->cols <= COLUMNS_MAX)
        find_columns(a, offset);
    dsp_unit *y = (dsp_unit *)a->y;
    for (uint32_t pixel = 0; pixel < a->pixels; pixel += DSP_PIXELS, y += a->units) {
        const uint32_t n = a->pixels - pixel < DSP_PIXELS ? a->pixels - pixel : DSP_PIXELS;
        if (a->planes4)
            pack_words(a, pixel, n, y);
        else
            pack_columns(a, pixel, n, offset, y);
    }
}

#endif
