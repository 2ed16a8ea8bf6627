/* Eight pixels at a time: loads where their inputs are neighbours or every other one, else a masked gather. */
#include "vector.h"

#ifdef NNZ_X86_64

/* The low eight bits as lanes of all ones or zeros. */
NNZ_AVX2_INLINE __m256i lanes_of_bits(uint32_t bits) {
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)bits), lane), lane);
}

/* Eight pixels from `offset` on, those of them that `bits` names. */
NNZ_AVX2_INLINE __m256 load_pixels(const float *x, const int32_t *offset, uint32_t step, uint32_t bits) {
    if (step == 1)
        return bits == 0xFF ? _mm256_loadu_ps(x + offset[0]) : _mm256_maskload_ps(x + offset[0], lanes_of_bits(bits));
    if (step == 2 && bits == 0xFF)
        return v_load_even(x + offset[0]);
    return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), x, _mm256_loadu_si256((const void *)offset),
                                    _mm256_castsi256_ps(lanes_of_bits(bits)), 4);
}

NNZ_AVX2 void nnz_pack_f32_avx2(const nnz_pack_f32 *arguments) {
    const nnz_pack_f32 copy = *arguments, *a = &copy; /* nothing that is stored changes it: it stays in registers */
    const uint32_t vectors = (a->pixels + 15) / 16;
    uint32_t tap = a->first % a->taps;
    const float *channel = a->x + (a->first / a->taps) * a->channel_stride;
    float *y = a->y;
    for (uint32_t i = 0; i < a->rows; i++, y += a->ldy) {
        const float *x = channel + a->tap_offset[tap];
        const uint16_t *mask = a->mask + tap * a->mask_stride;
        for (uint32_t v = 0; v < vectors; v++) {
            const int32_t *offset = a->offset + 16 * v;
            if (a->step[v] == 1 && mask[v] == 0xFFFF) {
                const __m256 low = _mm256_loadu_ps(x + offset[0]), high = _mm256_loadu_ps(x + offset[0] + 8);
                _mm256_store_ps(y + 16 * v, low);
                _mm256_store_ps(y + 16 * v + 8, high);
                continue;
            }
            _mm256_store_ps(y + 16 * v, load_pixels(x, offset, a->step[v], mask[v] & 0xFF));
            _mm256_store_ps(y + 16 * v + 8, load_pixels(x, offset + 8, a->step[v], mask[v] >> 8));
        }
        if (++tap == a->taps) {
            tap = 0;
            channel += a->channel_stride;
        }
    }
}

#endif
