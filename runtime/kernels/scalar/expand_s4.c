#include "../../src/half.h"
#include "../kernels.h"

/* Value i of two in a byte, the first in the lower half. */
static int value(const uint8_t *values, size_t i) {
    const int half = values[i / 2] >> 4 * (i % 2) & 15;
    return (half ^ 8) - 8;
}

void nnz_expand_s4_scalar(const nnz_expand *a) {
    const uint16_t *scale = a->scale;
    size_t at = a->first * a->height;
    float *y = a->y;
    for (uint32_t r = 0; r < a->runs; r++)
        for (uint32_t begin = 0; begin < a->count[r]; begin += a->share, scale += a->height)
            for (uint32_t i = begin; i < begin + a->share && i < a->count[r]; i++)
                for (uint32_t j = 0; j < a->height; j++)
                    *y++ = (float)value(a->values, at++) * nnz_half(scale[j]);
}
