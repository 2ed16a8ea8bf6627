/* pack_f32 for NEON: vectors where the inputs are neighbours or every other one and all inside, else one by one. */
#include "vector.h"

#ifdef NNZ_ARM_NEON

/* Sixteen pixels. */
NNZ_NEON_INLINE void pack16(const float *x, const int32_t *offset, uint8_t step, uint32_t mask, float *y) {
    const float *first = x + offset[0];
    if (mask == 0xFFFF && step == 1)
        for (int p = 0; p < 16; p += LANES)
            v_store(y + p, v_load(first + p));
    else if (mask == 0xFFFF && step == 2)
        for (int p = 0; p < 16; p += LANES)
            v_store(y + p, v_load_even(first + 2 * p));
    else
        for (int p = 0; p < 16; p++)
            y[p] = mask >> p & 1 ? x[offset[p]] : 0;
}

NNZ_NEON void nnz_pack_f32_neon(const nnz_pack_f32 *a) {
    const uint32_t vectors = (a->pixels + 15) / 16;
    uint32_t tap = a->first % a->taps;
    const float *channel = a->x + (a->first / a->taps) * a->channel_stride;
    float *y = a->y;
    for (uint32_t i = 0; i < a->rows; i++, y += a->ldy) {
        const uint16_t *mask = a->mask + tap * a->mask_stride;
        for (uint32_t v = 0; v < vectors; v++)
            pack16(channel + a->tap_offset[tap], a->offset + 16 * v, a->step[v], mask[v], y + 16 * v);
        if (++tap == a->taps) {
            tap = 0;
            channel += a->channel_stride;
        }
    }
}

#endif
