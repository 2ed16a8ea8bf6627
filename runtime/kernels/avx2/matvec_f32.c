/* matvec_f32 for AVX2: blocks of eight rows are one vector of weights times one broadcast of x. */
#include "vector.h"

#ifdef NNZ_X86_64

/* y = clip(sum + bias) for the rows of the group that exist. */
NNZ_AVX2_INLINE void finish(const nnz_matvec_f32 *a, uint32_t row, __m256 sum) {
    uint32_t rows = a->row_end - row < 8 ? a->row_end - row : 8;
    if (a->bias)
        sum = _mm256_add_ps(sum, v_load_n(a->bias + row, rows));
    sum = v_min(v_set(a->hi), v_max(v_set(a->lo), sum));
    v_store_n(a->y + row, sum, rows);
}

NNZ_AVX2 void nnz_matvec_f32_dense_avx2(const nnz_matvec_f32 *a) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += 8) {
        const float *w = a->values + (size_t)row * a->cols;
        __m256 sum[4] = {v_set(0), v_set(0), v_set(0), v_set(0)};
        uint32_t k = 0;
        for (; k + 4 <= a->cols; k += 4)
            for (int i = 0; i < 4; i++)
                sum[i] = v_fma(v_load(w + ((size_t)k + i) * 8), v_set(a->x[k + i]), sum[i]);
        for (; k < a->cols; k++)
            sum[0] = v_fma(v_load(w + (size_t)k * 8), v_set(a->x[k]), sum[0]);
        finish(a, row, v_add(v_add(sum[0], sum[1]), v_add(sum[2], sum[3])));
    }
}

NNZ_AVX2 void nnz_matvec_f32_f8x1_avx2(const nnz_matvec_f32 *a) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += 8) {
        __m256 sum[4] = {v_set(0), v_set(0), v_set(0), v_set(0)};
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            const float *x = a->x + (size_t)kb * a->kblock, *w = a->values + (size_t)a->cursor[kb] * 8;
            const uint8_t *index = a->index + a->cursor[kb];
            uint32_t n = a->count[(size_t)kb * a->groups + row / 8], i = 0;
            a->cursor[kb] += n;
            for (; i + 4 <= n; i += 4)
                for (int j = 0; j < 4; j++)
                    sum[j] = v_fma(v_load(w + ((size_t)i + j) * 8), v_set(x[index[i + j]]), sum[j]);
            for (; i < n; i++)
                sum[0] = v_fma(v_load(w + (size_t)i * 8), v_set(x[index[i]]), sum[0]);
        }
        finish(a, row, v_add(v_add(sum[0], sum[1]), v_add(sum[2], sum[3])));
    }
}

#include "../vector/matvec_f32_u1.h"

#endif
