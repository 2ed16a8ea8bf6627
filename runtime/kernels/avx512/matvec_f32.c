/* matvec_f32 for AVX-512: two blocks of eight rows are one vector of weights, times two elements of x, eight lanes
 * each. */
#include "vector.h"

#ifdef NNZ_X86_64

/* Eight lanes of `a`, then eight of `b`. */
NNZ_AVX512_INLINE __m512 two(float a, float b) {
    return _mm512_mask_broadcastss_ps(_mm512_set1_ps(a), 0xFF00, _mm_set_ss(b));
}

/* y = clip(sum of both halves + bias) for the rows of the group that exist. */
NNZ_AVX512_INLINE void finish(const nnz_matvec_f32 *a, uint32_t row, __m512 sum) {
    uint32_t rows = a->row_end - row < 8 ? a->row_end - row : 8;
    __mmask8 mask = (__mmask8)(0xFF >> (8 - rows));
    __m256 y = _mm256_add_ps(_mm512_castps512_ps256(sum), _mm512_extractf32x8_ps(sum, 1));
    if (a->bias)
        y = _mm256_add_ps(y, _mm256_maskz_loadu_ps(mask, a->bias + row));
    y = _mm256_min_ps(_mm256_set1_ps(a->hi), _mm256_max_ps(_mm256_set1_ps(a->lo), y));
    _mm256_mask_storeu_ps(a->y + row, mask, y);
}

NNZ_AVX512 void nnz_matvec_f32_dense_avx512(const nnz_matvec_f32 *a) {
    const __m512i pair = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    for (uint32_t row = a->row_begin; row < a->row_end; row += 8) {
        const float *w = a->values + (size_t)row * a->cols;
        __m512 sum[4] = {v_set(0), v_set(0), v_set(0), v_set(0)};
        uint32_t k = 0;
        for (; k + 8 <= a->cols; k += 8) {
            __m512 x = _mm512_castps256_ps512(_mm256_loadu_ps(a->x + k));
            for (int i = 0; i < 4; i++) {
                __m512i lanes = _mm512_add_epi32(pair, _mm512_set1_epi32(2 * i));
                sum[i] = v_fma(v_load(w + ((size_t)k + 2 * i) * 8), _mm512_permutexvar_ps(lanes, x), sum[i]);
            }
        }
        for (; k < a->cols; k++)
            sum[0] = v_fma(v_load_n(w + (size_t)k * 8, 8), v_set(a->x[k]), sum[0]);
        finish(a, row, v_add(v_add(sum[0], sum[1]), v_add(sum[2], sum[3])));
    }
}

NNZ_AVX512 void nnz_matvec_f32_f8x1_avx512(const nnz_matvec_f32 *a) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += 8) {
        __m512 sum[4] = {v_set(0), v_set(0), v_set(0), v_set(0)};
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            const float *x = a->x + (size_t)kb * a->kblock, *w = a->values + (size_t)a->cursor[kb] * 8;
            const uint8_t *index = a->index + a->cursor[kb];
            uint32_t n = a->count[(size_t)kb * a->groups + row / 8], i = 0;
            a->cursor[kb] += n;
            for (; i + 8 <= n; i += 8)
                for (int j = 0; j < 4; j++)
                    sum[j] = v_fma(v_load(w + ((size_t)i + 2 * j) * 8),
                                   two(x[index[i + 2 * j]], x[index[i + 2 * j + 1]]), sum[j]);
            for (; i < n; i++)
                sum[0] = v_fma(v_load_n(w + (size_t)i * 8, 8), v_set(x[index[i]]), sum[0]);
        }
        finish(a, row, v_add(v_add(sum[0], sum[1]), v_add(sum[2], sum[3])));
    }
}

#include "../vector/matvec_f32_u1.h"

#endif
