/* int8 matrix-vector products of single weights, one by one. */

VECTOR_INLINE void s8_u1_rows(const nnz_matvec_s8 *a) {
    for (uint32_t row = a->row_begin; row < a->row_end; row++) {
        int32_t sum = a->bias[row];
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            const uint32_t n = a->count[(size_t)kb * a->groups + row];
            const uint8_t *index = a->index + a->cursor[kb];
            const int8_t *w = a->values + a->cursor[kb], *x = a->x + (size_t)kb * a->kblock;
            for (uint32_t i = 0; i < n; i++)
                sum += w[i] * (x[index[i]] + S8_OFFSET);
            a->cursor[kb] += n;
        }
        const int32_t y = a->zero + nnz_requantize(sum, a->multiplier[row], a->shift);
        a->y[row] = (int8_t)nnz_clamp(y, a->lo, a->hi);
    }
}
