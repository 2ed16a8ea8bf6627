/* Sixteen pixels at a time: masked loads where their inputs are neighbours or every other one, else a masked gather. */
#include "avx512.h"

#ifdef NNZ_X86_64

/* Bit i to bit 2 i, of eight. */
NNZ_AVX512_INLINE __mmask16 every_other(uint32_t bits) {
    bits = (bits | bits << 4) & 0x0F0F;
    bits = (bits | bits << 2) & 0x3333;
    return (__mmask16)((bits | bits << 1) & 0x5555);
}

NNZ_AVX512_INLINE __m512 load_even(__mmask16 mask, const float *x) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    __m512 low = _mm512_maskz_loadu_ps(every_other(mask & 0xFF), x);
    __m512 high = _mm512_maskz_loadu_ps(every_other(mask >> 8), x + 16);
    return _mm512_permutex2var_ps(low, even, high);
}

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
                run = load_even(mask[v], x + offset[0]);
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
