/* What the pack_f32 kernels of vector/pack_f32.h pack at a time. */
#ifndef NNZ_TAP_ROWS_H
#define NNZ_TAP_ROWS_H

#include <stddef.h>

/* Rows of a tap, one of each channel. */
typedef struct tap_rows {
    const float *x;
    float *y;
    size_t x_step, y_step, count;
} tap_rows;

#endif
