/* What pack_sixteen() of vector/pack_f32.h packs in a call. */
#ifndef NNZ_TAP_ROWS_H
#define NNZ_TAP_ROWS_H

#include <stddef.h>

/* The rows of one tap in `count` channels. */
typedef struct tap_rows {
    const float *x;
    float *y;
    size_t x_step, y_step, count;
} tap_rows;

#endif
