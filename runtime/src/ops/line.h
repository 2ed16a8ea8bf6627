/* Tables of int8 that are lines between two bounds, as activations that clip, and changes of scale, are. */
#ifndef NNZ_LINE_H
#define NNZ_LINE_H

#include "../op.h"

/* The numbers of a rescale_s8, as a plan has them: of one size on all machines. */
typedef struct nnz_line {
    int16_t multiplier;
    int8_t zero_x, zero, lo, hi;
    uint8_t shift;
} nnz_line;

/* What gives the same as the table for every x; its multiplier is 0 where no line does. */
nnz_line nnz_line_of(const int8_t table[256]);

/* The arguments of rescale_s8, but for the pointers and the length. */
static inline nnz_rescale_s8 nnz_line_rescale(nnz_line line) {
    return (nnz_rescale_s8){
        .shift = line.shift,
        .zero_x = line.zero_x,
        .multiplier = line.multiplier,
        .zero = line.zero,
        .lo = line.lo,
        .hi = line.hi,
    };
}

#endif
