/* One row at a time: LANES nonzeros times their elements of x, which are gathered; two sums hide the latency. */

/* Nonzeros [i, n) of a walk, fewer than LANES. Behind others they are the last lanes of a whole vector: to gather some
 * lanes by themselves costs more. */
VECTOR_INLINE vec matvec_rest(const float *x, const float *w, const uint8_t *index, uint32_t i, uint32_t n, vec sum) {
    if (n < LANES)
        return v_fma(v_load_n(w, n), v_gather_u8_n(x, index, n), sum);
    const uint32_t at = n - LANES;
    const vec xv = v_select(v_first(i - at), v_set(0), v_gather_u8(x, index + at));
    return v_fma(v_load(w + at), xv, sum);
}

/* Prefetches as many weights of the next rows: those of a K-block follow each other, but there are many K-blocks. */
VECTOR_INLINE void matvec_prefetch(const float *w, const uint8_t *index, uint32_t n) {
    enum { AHEAD = 256, FLOATS_OF_LINE = 16 };
    for (uint32_t i = 0; i < n; i += FLOATS_OF_LINE)
        __builtin_prefetch(w + AHEAD + i);
    __builtin_prefetch(index + AHEAD);
}

VECTOR_FUNCTION void VECTOR_NAME(matvec_f32_u1)(const nnz_matvec_f32 *a) {
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        vec sum0 = v_set(0), sum1 = v_set(0);
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            const float *x = a->x + (size_t)kb * a->kblock;
            uint32_t n = a->count[(size_t)kb * a->groups + r], i = 0;
            const float *w = a->values + a->cursor[kb];
            const uint8_t *index = a->index + a->cursor[kb];
            a->cursor[kb] += n;
            matvec_prefetch(w, index, n);
            for (; i + 2 * LANES <= n; i += 2 * LANES) {
                sum0 = v_fma(v_load(w + i), v_gather_u8(x, index + i), sum0);
                sum1 = v_fma(v_load(w + i + LANES), v_gather_u8(x, index + i + LANES), sum1);
            }
            if (i + LANES <= n) {
                sum0 = v_fma(v_load(w + i), v_gather_u8(x, index + i), sum0);
                i += LANES;
            }
            if (i < n)
                sum1 = matvec_rest(x, w, index, i, n, sum1);
        }
        float sum = v_reduce_add(v_add(sum0, sum1)) + (a->bias ? a->bias[r] : 0);
        a->y[r] = nnz_clip(sum, a->lo, a->hi);
    }
}
