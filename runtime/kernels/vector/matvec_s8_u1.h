/* int8 matrix-vector products of single weights, one by one. */
#include "finish_rows_s8.h"

VECTOR_INLINE int32_t s8_u1_sum(const nnz_matvec_s8 *a, uint32_t row) {
    int32_t sum = 0;
    for (uint32_t kb = 0; kb < a->kblocks; kb++) {
        const uint32_t n = a->count[(size_t)kb * a->groups + row];
        const uint8_t *index = a->index + a->cursor[kb];
        const int8_t *w = a->values + a->cursor[kb], *x = a->x + (size_t)kb * a->kblock;
        for (uint32_t i = 0; i < n; i++)
            sum += w[i] * (x[index[i]] + S8_OFFSET);
        a->cursor[kb] += n;
    }
    return sum;
}

VECTOR_INLINE void s8_u1_rows(const nnz_matvec_s8 *a) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += PIXELS) {
        const uint32_t n = a->row_end - row < PIXELS ? a->row_end - row : PIXELS;
        int32_t sums[PIXELS];
        for (uint32_t i = 0; i < n; i++)
            sums[i] = s8_u1_sum(a, row + i);
        s8_finish_rows(a, row, n, i_load_n(sums, n));
    }
}
