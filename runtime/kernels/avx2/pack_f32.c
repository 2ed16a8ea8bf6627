/* Eight pixels at a time: loads where their inputs are neighbours or every other one, else a masked gather. */
#include "vector.h"

#ifdef NNZ_X86_64

/* The low eight bits as lanes of all ones or zeros. */
NNZ_AVX2_INLINE __m256i lanes_of_bits(uint32_t bits) {
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)bits), lane), lane);
}

NNZ_AVX2 void nnz_pack_f32_avx2(const nnz_pack_f32 *a) {
    uint32_t halves = 2 * ((a->pixels + 15) / 16), tap = a->first % a->taps;
    const float *channel = a->x + (a->first / a->taps) * a->channel_stride;
    float *y = a->y;
    for (uint32_t i = 0; i < a->rows; i++, y += a->ldy) {
        const float *x = channel + a->tap_offset[tap];
        const uint16_t *mask = a->mask + tap * a->mask_stride;
        for (uint32_t h = 0; h < halves; h++) {
            const int32_t *offset = a->offset + 8 * h;
            uint32_t bits = mask[h / 2] >> 8 * (h & 1) & 0xFF;
            __m256 run;
            if (a->step[h / 2] == 1)
                run = bits == 0xFF ? _mm256_loadu_ps(x + offset[0])
                                   : _mm256_maskload_ps(x + offset[0], lanes_of_bits(bits));
            else if (a->step[h / 2] == 2 && bits == 0xFF)
                run = v_load_even(x + offset[0]);
            else
                run = _mm256_mask_i32gather_ps(_mm256_setzero_ps(), x, _mm256_loadu_si256((const void *)offset),
                                               _mm256_castsi256_ps(lanes_of_bits(bits)), 4);
            _mm256_store_ps(y + 8 * h, run);
        }
        if (++tap == a->taps) {
            tap = 0;
            channel += a->channel_stride;
        }
    }
}

#endif
