/* Sixteen pixels at a time: masked loads where their inputs are neighbours or every other one, else a masked gather. */
#include "every_other.h"

#ifdef NNZ_X86_64

NNZ_AVX512 void nnz_pack_f32_avx512(const nnz_pack_f32 *a) {
    uint32_t vectors = (a->pixels + 15) / 16, tap = a->first % a->taps;
    const float *channel = a->x + (a->first / a->taps) * a->channel_stride;
    float *y = a->y;
    for (uint32_t i = 0; i < a->rows; i++, y += a->ldy) {
        const float *x = channel + a->tap_offset[tap];
        const uint16_t *mask = a->mask + tap * a->mask_stride;
        for (uint32_t v = 0; v < vectors; v++) {
            const int32_t *offset = a->offset + 16 * v;
            __m512 run;
            if (a->step[v] == 1)
                run = _mm512_maskz_loadu_ps(mask[v], x + offset[0]);
            else if (a->step[v] == 2)
                run = _mm512_castsi512_ps(nnz_load_every_other(_mm512_setzero_si512(), mask[v], x + offset[0]));
            else
                run = _mm512_mask_i32gather_ps(_mm512_setzero_ps(), mask[v], _mm512_loadu_si512(offset), x, 4);
            _mm512_store_ps(y + 16 * v, run);
        }
        if (++tap == a->taps) {
            tap = 0;
            channel += a->channel_stride;
        }
    }
}

#endif
