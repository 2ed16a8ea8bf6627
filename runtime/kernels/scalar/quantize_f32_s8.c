#include "../../src/requantize.h"
#include "../kernels.h"

#include <math.h>

static int8_t quantize(const nnz_quantize_f32_s8 *a, float x) {
    /* What lies beyond 512 is beyond the int8 range with any zero point. */
    x = x != x ? 0 : nnz_clip(x * a->scale, -512, 512);
    return (int8_t)nnz_clamp((int32_t)nearbyintf(x) + a->zero, -128, 127);
}

void nnz_quantize_f32_s8_scalar(const nnz_quantize_f32_s8 *a) {
    if (a->plain) {
        for (size_t p = 0; p < a->pixels; p++)
            a->y[p] = quantize(a, a->x[p]);
        return;
    }
    for (size_t p = 0; p < a->pixels; p++)
        for (uint32_t c = 0; c < 4; c++)
            a->y[4 * p + c] = c < a->channels ? quantize(a, a->x[c * a->x_stride + p]) : 0;
}
