/* What the int8 products of the DSP extension share: a tile is blocks of four pixels, [block][unit][pixel] of dsp_four,
 * and a row of weights runs over one block after the other. */
#ifndef NNZ_DSP_SPMM_S8_H
#define NNZ_DSP_SPMM_S8_H

#include "dsp.h"

#ifdef NNZ_CORTEX_M_DSP

enum { DSP_PIXELS = 4 };

typedef struct dsp_unit {
    dsp_four pixel[DSP_PIXELS];
} dsp_unit;

/* A row's sums of a block. */
typedef struct dsp_sums {
    int32_t pixel[DSP_PIXELS];
} dsp_sums;

static inline dsp_sums dsp_begin(int32_t bias) {
    return (dsp_sums){{bias, bias, bias, bias}};
}

/* A row of outputs: where they go, four bytes apart, and what makes them of sums. */
typedef struct dsp_row {
    int8_t *y;
    int32_t bias, multiplier, zero, lo, hi;
    uint32_t shift;
    bool narrow;
} dsp_row;

static inline dsp_row dsp_row_of(const nnz_spmm_s8 *a, uint32_t row) {
    return (dsp_row){
        .y = a->y + row / 4 * a->ldy + row % 4,
        .bias = a->bias[row],
        .multiplier = a->multiplier[row],
        .zero = a->zero,
        .lo = a->lo,
        .hi = a->hi,
        .shift = a->shift,
        .narrow = dsp_is_narrow(a->lo, a->hi),
    };
}

static inline int8_t dsp_finish_one(const dsp_row *row, int32_t sum) {
    return (int8_t)dsp_clamp(dsp_round(sum, row->multiplier, row->zero), row->lo, row->hi, row->narrow);
}

/* Stores the sums of a block, of which `n` are pixels; returns where the next block goes. */
static inline int8_t *dsp_finish(const dsp_row *row, int8_t *y, dsp_sums s, uint32_t n) {
    for (uint32_t i = row->shift; i; i--)
        s = (dsp_sums){
            {dsp_double(s.pixel[0]), dsp_double(s.pixel[1]), dsp_double(s.pixel[2]), dsp_double(s.pixel[3])}};
    y[0] = dsp_finish_one(row, s.pixel[0]);
    if (n > 1)
        y[4] = dsp_finish_one(row, s.pixel[1]);
    if (n > 2)
        y[8] = dsp_finish_one(row, s.pixel[2]);
    if (n > 3)
        y[12] = dsp_finish_one(row, s.pixel[3]);
    return y + 4 * DSP_PIXELS;
}

#endif
#endif
