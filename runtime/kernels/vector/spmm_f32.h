/* What the spmm_f32 kernels share: R rows by V vectors of sums, `acc[r V + v]`; the last vector may have idle lanes. */
#ifndef NNZ_VECTOR_SPMM_F32_H
#define NNZ_VECTOR_SPMM_F32_H

/* Lanes of the last of V vectors that hold pixels: LANES unless the tile ends there. */
VECTOR_INLINE size_t spmm_tail(uint32_t pixels, const int V) {
    return pixels - (size_t)(V - 1) * LANES;
}

/* The sums start from bias and residual, or from y. Only `rows` of the R rows exist. */
VECTOR_INLINE void spmm_begin(const nnz_spmm_f32 *a, uint32_t row, uint32_t rows, uint32_t pixel, size_t tail,
                              const int R, const int V, vec *acc) {
    for (int r = 0; r < R; r++) {
        bool exists = (uint32_t)r < rows;
        const float *from = !exists ? NULL : a->first ? a->residual : a->y;
        vec bias = v_set(exists && a->first && a->bias ? a->bias[row + (uint32_t)r] : 0);
        for (int v = 0; v < V; v++)
            acc[r * V + v] = bias;
        if (!from)
            continue;
        from += (row + (size_t)r) * a->ldy + pixel;
        for (int v = 0; v < V - 1; v++)
            acc[r * V + v] = v_add(bias, v_load(from + v * LANES));
        from += (V - 1) * LANES;
        acc[r * V + V - 1] = v_add(bias, tail == LANES ? v_load(from) : v_load_n(from, tail));
    }
}

/* y = acc, clipped if the sums are complete. */
VECTOR_INLINE void spmm_end(const nnz_spmm_f32 *a, uint32_t row, uint32_t rows, uint32_t pixel, size_t tail,
                            const int R, const int V, vec *acc) {
    vec lo = v_set(a->lo), hi = v_set(a->hi);
    for (int r = 0; r < R && (uint32_t)r < rows; r++) {
        if (a->last)
            for (int v = 0; v < V; v++)
                acc[r * V + v] = v_min(hi, v_max(lo, acc[r * V + v]));
        float *y = a->y + (row + (size_t)r) * a->ldy + pixel;
        for (int v = 0; v < V - 1; v++)
            v_store(y + v * LANES, acc[r * V + v]);
        if (tail == LANES)
            v_store(y + (V - 1) * LANES, acc[r * V + V - 1]);
        else
            v_store_n(y + (V - 1) * LANES, acc[r * V + V - 1], tail);
    }
}

/* Moves the cursors behind a group of rows. */
VECTOR_INLINE void spmm_advance(const nnz_spmm_f32 *a, uint32_t group) {
    for (uint32_t kb = a->kblock_begin; kb < a->kblock_end; kb++)
        a->cursor[kb - a->kblock_begin] += a->count[(size_t)kb * a->groups + group];
}

#endif
