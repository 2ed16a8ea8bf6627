/* matvec_f32 for NEON: blocks of eight rows are two vectors of weights times one element of x. */
#include "vector.h"

#ifdef NNZ_ARM_NEON

/* The sums of eight rows, of every other column. */
typedef struct sums {
    vec even[2], odd[2];
} sums;

NNZ_NEON_INLINE sums no_sums(void) {
    const vec zero = v_set(0);
    return (sums){{zero, zero}, {zero, zero}};
}

NNZ_NEON_INLINE void add_column(vec sum[2], const float *w, float x) {
    const vec xs = v_set(x);
    sum[0] = v_fma(v_load(w), xs, sum[0]);
    sum[1] = v_fma(v_load(w + 4), xs, sum[1]);
}

/* y = clip(sum + bias) for the rows of the group that exist. */
NNZ_NEON_INLINE void finish(const nnz_matvec_f32 *a, uint32_t row, const sums *s) {
    for (uint32_t i = 0; i < 2 && row + 4 * i < a->row_end; i++) {
        const uint32_t first = row + 4 * i, rows = a->row_end - first < 4 ? a->row_end - first : 4;
        vec sum = v_add(s->even[i], s->odd[i]);
        if (a->bias)
            sum = v_add(sum, v_load_n(a->bias + first, rows));
        v_store_n(a->y + first, v_min(v_set(a->hi), v_max(v_set(a->lo), sum)), rows);
    }
}

NNZ_NEON void nnz_matvec_f32_dense_neon(const nnz_matvec_f32 *a) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += 8) {
        const float *w = a->values + (size_t)row * a->cols;
        sums s = no_sums();
        uint32_t k = 0;
        for (; k + 2 <= a->cols; k += 2, w += 16) {
            add_column(s.even, w, a->x[k]);
            add_column(s.odd, w + 8, a->x[k + 1]);
        }
        if (k < a->cols)
            add_column(s.even, w, a->x[k]);
        finish(a, row, &s);
    }
}

NNZ_NEON void nnz_matvec_f32_f8x1_neon(const nnz_matvec_f32 *a) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += 8) {
        sums s = no_sums();
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            const float *x = a->x + (size_t)kb * a->kblock, *w = a->values + (size_t)a->cursor[kb] * 8;
            const uint8_t *index = a->index + a->cursor[kb];
            uint32_t n = a->count[(size_t)kb * a->groups + row / 8], i = 0;
            a->cursor[kb] += n;
            for (; i + 2 <= n; i += 2, w += 16) {
                add_column(s.even, w, x[index[i]]);
                add_column(s.odd, w + 8, x[index[i + 1]]);
            }
            if (i < n)
                add_column(s.even, w, x[index[i]]);
        }
        finish(a, row, &s);
    }
}

#include "../vector/matvec_f32_u1.h"

#endif
