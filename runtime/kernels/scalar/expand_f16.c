#include "../../src/half.h"
#include "../kernels.h"

void nnz_expand_f16_scalar(const nnz_expand *a) {
    const uint16_t *value = (const uint16_t *)a->values + a->first * a->height;
    float *y = a->y;
    for (uint32_t r = 0; r < a->runs; r++)
        for (uint32_t i = 0; i < a->count[r] * a->height; i++)
            *y++ = nnz_half(*value++);
}
