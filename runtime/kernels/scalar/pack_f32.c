#include "../kernels.h"

void nnz_pack_f32_scalar(const nnz_pack_f32 *a) {
    uint32_t vectors = (a->pixels + 15) / 16;
    for (uint32_t i = 0; i < a->rows; i++) {
        uint32_t channel = (a->first + i) / a->taps, tap = (a->first + i) % a->taps;
        const float *x = a->x + channel * a->channel_stride;
        const uint16_t *mask = a->mask + (size_t)tap * a->mask_stride;
        float *y = a->y + (size_t)i * a->ldy;
        for (uint32_t p = 0; p < 16 * vectors; p++)
            y[p] = mask[p / 16] >> p % 16 & 1 ? x[(ptrdiff_t)a->offset[p] + a->tap_offset[tap]] : 0;
    }
}
