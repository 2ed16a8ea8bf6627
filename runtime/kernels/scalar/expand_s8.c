#include "../kernels.h"

void nnz_expand_s8_scalar(const nnz_expand *a) {
    const int8_t *value = (const int8_t *)a->values + a->first * a->height;
    const float *scale = a->scale;
    float *y = a->y;
    for (uint32_t r = 0; r < a->runs; r++, scale += a->height)
        for (uint32_t i = 0; i < a->count[r]; i++)
            for (uint32_t j = 0; j < a->height; j++)
                *y++ = (float)*value++ * scale[j];
}
