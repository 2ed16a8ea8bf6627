#include "../kernels.h"

#include <math.h>

static int8_t at(const nnz_softmax_s8 *a, uint32_t channel, uint32_t pixel) {
    return a->x[channel / 4 * a->stride + 4 * (size_t)pixel + channel % 4];
}

static float exponential(const nnz_softmax_s8 *a, int difference) {
    return a->table[difference / 16] * a->table[16 + difference % 16];
}

void nnz_softmax_s8_scalar(const nnz_softmax_s8 *a) {
    for (uint32_t p = 0; p < a->pixels; p++) {
        int max = -128;
        for (uint32_t c = 0; c < a->channels; c++)
            max = at(a, c, p) > max ? at(a, c, p) : max;
        float sums[4] = {0, 0, 0, 0};
        for (uint32_t c = 0; c < a->channels; c++)
            sums[c % 4] += exponential(a, max - at(a, c, p));
        const float factor = a->factor / ((sums[0] + sums[1]) + (sums[2] + sums[3]));
        for (uint32_t c = 0; c < a->channels; c++) {
            const int32_t v = a->zero + (int32_t)rintf(exponential(a, max - at(a, c, p)) * factor);
            a->y[c / 4 * a->stride + 4 * (size_t)p + c % 4] = (int8_t)(v < a->lo ? a->lo : v > a->hi ? a->hi : v);
        }
    }
}
