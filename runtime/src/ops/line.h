/* Tables of int8 that are lines between two bounds, as activations that clip, and changes of scale, are. */
#ifndef NNZ_LINE_H
#define NNZ_LINE_H

#include "../op.h"

/* The numbers of a rescale_s8 that gives what the table gives for every x; its multiplier is 0 where none does. */
nnz_rescale_s8 nnz_line_of(const int8_t table[256]);

#endif
