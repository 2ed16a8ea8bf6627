/* Shuffles that bring the bytes of neighbouring pixels, four channels each, into the order of channels. */
#ifndef NNZ_TAP_SHUFFLE_H
#define NNZ_TAP_SHUFFLE_H

#include <stdint.h>

/* For PSHUFB, by the number of pixels: byte 4 c + t is channel c of pixel t, or 0 where there is no such pixel. */
static const int8_t nnz_tap_shuffle[5][16] = {
    {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1},
    {0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3, -1, -1, -1},
    {0, 4, -1, -1, 1, 5, -1, -1, 2, 6, -1, -1, 3, 7, -1, -1},
    {0, 4, 8, -1, 1, 5, 9, -1, 2, 6, 10, -1, 3, 7, 11, -1},
    {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15},
};

#endif
