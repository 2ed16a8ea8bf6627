/* pool_s8 for the DSP extension: the four channels of a tap are one word. */
#include "../pool_s8.h"
#include "dsp.h"

#ifdef NNZ_CORTEX_M_DSP

/* Where a window lies in x: its first tap inside, and how many there are. */
typedef struct window {
    const uint32_t *x;
    uint32_t rows, columns, row_step, column_step;
} window;

static window window_at(const nnz_pool_s8 *a, uint32_t oy, uint32_t ox) {
    const int64_t top = nnz_pool_start(oy, a->stride_h, a->pad_top);
    const int64_t left = nnz_pool_start(ox, a->stride_w, a->pad_left);
    const nnz_taps rows = nnz_pool_taps(top, a->dilation_h, a->kernel_h, 0, a->height);
    const nnz_taps columns = nnz_pool_taps(left, a->dilation_w, a->kernel_w, 0, a->width);
    return (window){
        .x = (const uint32_t *)a->x + (top + rows.begin * a->dilation_h) * a->width + left +
             columns.begin * a->dilation_w,
        .rows = (uint32_t)(rows.end - rows.begin),
        .columns = (uint32_t)(columns.end - columns.begin),
        .row_step = a->dilation_h * a->width,
        .column_step = a->dilation_w,
    };
}

/* The larger of each two bytes. */
static inline uint32_t larger(uint32_t a, uint32_t b) {
    (void)__ssub8(a, b);
    return __sel(a, b);
}

static uint32_t maximum(const window *w) {
    uint32_t max = *w->x;
    const uint32_t *row = w->x;
    for (uint32_t y = 0; y < w->rows; y++, row += w->row_step)
        for (uint32_t x = 0; x < w->columns; x++)
            max = larger(max, row[x * w->column_step]);
    return max;
}

static uint32_t average(const nnz_pool_s8 *a, const window *w, int32_t multiplier) {
    int32_t sum[4];
    for (int c = 0; c < 4; c++)
        sum[c] = -(int32_t)(w->rows * w->columns) * a->zero_x;
    const uint32_t *row = w->x;
    for (uint32_t y = 0; y < w->rows; y++, row += w->row_step)
        for (uint32_t x = 0; x < w->columns; x++) {
            const dsp_four four = dsp_widen(row[x * w->column_step]);
            sum[0] += (int16_t)four.even;
            sum[1] += (int16_t)four.odd;
            sum[2] += four.even >> 16;
            sum[3] += four.odd >> 16;
        }
    uint32_t word = 0;
    for (int c = 0; c < 4; c++) {
        for (uint32_t i = a->shift; i; i--)
            sum[c] = dsp_double(sum[c]);
        word |= (uint32_t)(dsp_clamp(dsp_round(sum[c], multiplier, a->zero), a->lo, a->hi, true) & 0xFF) << 8 * c;
    }
    return word;
}

void nnz_pool_s8_dsp(const nnz_pool_s8 *a) {
    const uint32_t lo = (uint8_t)a->lo * 0x01010101u, hi = (uint8_t)a->hi * 0x01010101u;
    uint32_t *y = (uint32_t *)a->y;
    for (uint32_t oy = 0; oy < a->out_height; oy++)
        for (uint32_t ox = 0; ox < a->out_width; ox++) {
            const window w = window_at(a, oy, ox);
            if (a->function == NNZ_POOL_MAX) {
                const uint32_t max = larger(maximum(&w), lo);
                (void)__ssub8(hi, max);
                *y++ = __sel(max, hi);
            } else {
                *y++ = average(a, &w, nnz_pool_s8_multiplier(a, oy, ox));
            }
        }
}

#endif
