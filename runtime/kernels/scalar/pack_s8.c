#include "../kernels.h"

/* The element of column k at a pixel. */
static int8_t element(const nnz_pack_s8 *a, uint32_t k, uint32_t pixel) {
    uint32_t tap, channel, byte = 0;
    if (a->planes4) {
        byte = k % 4;
        channel = k / 4 / a->taps;
        tap = k / 4 % a->taps;
    } else {
        channel = k / a->taps;
        tap = k % a->taps;
    }
    if (k >= a->cols)
        return 0;
    if (!(a->mask[tap * a->mask_stride + pixel / 16] >> pixel % 16 & 1))
        return a->zero;
    ptrdiff_t at = (ptrdiff_t)a->offset[pixel] + a->tap_offset[tap];
    return a->x[channel * a->channel_stride + (size_t)(a->planes4 ? 4 * at + byte : at)];
}

void nnz_pack_s8_scalar(const nnz_pack_s8 *a) {
    for (uint32_t u = 0; u < a->units; u++)
        for (uint32_t p = 0; p < a->pixels; p++)
            for (uint32_t i = 0; i < 4; i++)
                a->y[((size_t)u * a->ldy + p) * NNZ_S8_CELL + i] = (uint8_t)element(a, 4 * u + i, p);
}
