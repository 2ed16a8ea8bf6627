/*
 * The rows of x that a row of outputs of a depthwise convolution needs, widened to 16 bits, with their padding, in a
 * ring: a tap of a pixel is then one dsp_four. For the DSP extension and for Helium.
 */
#ifndef NNZ_DSP_DEPTHWISE_RING_H
#define NNZ_DSP_DEPTHWISE_RING_H

#include "dsp.h"

#ifdef NNZ_CORTEX_M_DSP

/* Rows of x, `columns` pixels each: row r, counted from the top of the padding, at begin + r mod rows x columns. */
typedef struct ring {
    dsp_four *begin, *end;
    uint32_t rows, columns, next; /* next: the first row that has not been widened */
} ring;

static inline dsp_four *row_at(const ring *r, uint32_t row) {
    return r->begin + row % r->rows * r->columns;
}

static inline dsp_four *widen_pixels(dsp_four *y, const int8_t *x, uint32_t n) {
    for (const int8_t *end = x + 4 * n; x < end; x += 4)
        *y++ = dsp_widen_at(x);
    return y;
}

static inline dsp_four *repeat(dsp_four *y, dsp_four value, uint32_t n) {
    for (dsp_four *end = y + n; y < end; y++)
        *y = value;
    return y;
}

static inline void widen_row(const nnz_depthwise_s8 *a, uint32_t row, const ring *r) {
    const dsp_four zero = dsp_widen((uint8_t)a->zero_x * 0x01010101u);
    dsp_four *y = row_at(r, row);
    if (row < a->pad_top || row - a->pad_top >= a->height) {
        repeat(y, zero, r->columns);
        return;
    }
    const uint32_t left = a->pad_left < r->columns ? a->pad_left : r->columns, rest = r->columns - left;
    const uint32_t inside = a->width < rest ? a->width : rest;
    y = repeat(y, zero, left);
    y = widen_pixels(y, a->x + 4 * (size_t)(row - a->pad_top) * a->ldx, inside);
    repeat(y, zero, rest - inside);
}

/* A ring without rows, in the scratch from `begin` on. */
static inline ring open_ring(const nnz_depthwise_s8 *a, dsp_four *begin) {
    ring r = {.begin = begin, .rows = (a->kernel_h - 1) * a->dilation_h + 1};
    r.columns = nnz_depthwise_s8_columns(a->out_width, a->kernel_w, a->stride_w, a->dilation_w);
    r.end = r.begin + (size_t)r.rows * r.columns;
    return r;
}

/* Widens the rows that outputs need whose first row is `top`. */
static inline void move_ring(const nnz_depthwise_s8 *a, ring *r, uint32_t top) {
    for (r->next = r->next < top ? top : r->next; r->next < top + r->rows; r->next++)
        widen_row(a, r->next, r);
}

/* The row `dilation_h` below. */
static inline const dsp_four *row_below(const nnz_depthwise_s8 *a, const ring *r, const dsp_four *row) {
    row += a->dilation_h * r->columns;
    return row >= r->end ? row - (r->end - r->begin) : row;
}

#endif
#endif
