/*
 * Each nonzero is one broadcast times V vectors of pixels. A row takes up to U1_VECTORS of them; or, where rows have
 * many nonzeros, two rows take turns over up to U1_PAIRED: each hides the latency of the other's sums, their ends are
 * mispredicted half as often, and the vectors being outside of the rows, more of their columns stay in L1.
 */
#include "spmm_f32.h"

/* The nonzeros of a row in a K-block. */
typedef struct u1_run {
    const float *w;
    const uint8_t *index;
    uint32_t n;
} u1_run;

VECTOR_INLINE void u1_multiply(const nnz_spmm_f32 *a, const spmm_columns *x, const u1_run *run, uint32_t i, const int V,
                               const bool has_offsets, vec *acc) {
    const float *xk = spmm_keep(spmm_column(a, x, run->index[i], has_offsets));
    const vec w = v_set(run->w[i]);
    for (int v = 0; v < V; v++)
        acc[v] = v_fma(w, v_load(xk + v * LANES), acc[v]);
}

/* R rows, 1 or 2; `cursor` has the first one's next block of each K-block. */
VECTOR_INLINE void u1_group(const nnz_spmm_f32 *a, const uint32_t *cursor, uint32_t row, uint32_t pixel,
                            uint32_t pixels, const int R, const int V, const bool has_offsets) {
    size_t tail = spmm_tail(pixels, V);
    vec acc[U1_VECTORS];
    spmm_begin(a, row, (uint32_t)R, pixel, tail, R, V, acc);
    spmm_prefetch(a, row, pixel, R, V);
    spmm_columns x = spmm_columns_of(a, pixel);
    for (uint32_t kb = a->kblock_begin; kb < a->kblock_end; kb++, spmm_next(a, &x, has_offsets)) {
        u1_run run[2] = {{0}};
        uint32_t at = cursor[kb - a->kblock_begin], i = 0;
        for (int r = 0; r < R; r++) {
            run[r] = (u1_run){a->values + at, a->index + at, a->count[(size_t)kb * a->groups + row + (uint32_t)r]};
            at += run[r].n;
        }
        for (; i < run[0].n && i < run[1].n; i++) {
            u1_multiply(a, &x, &run[0], i, V, has_offsets, acc);
            u1_multiply(a, &x, &run[1], i, V, has_offsets, acc + V);
        }
        for (uint32_t k = i; k < run[0].n; k++)
            u1_multiply(a, &x, &run[0], k, V, has_offsets, acc);
        for (uint32_t k = i; k < run[1].n; k++)
            u1_multiply(a, &x, &run[1], k, V, has_offsets, acc + V);
    }
    spmm_end(a, row, (uint32_t)R, pixel, tail, R, V, acc);
}

VECTOR_INLINE void u1_rows(const nnz_spmm_f32 *a, const bool has_offsets) {
    for (uint32_t row = a->row_begin; row < a->row_end; row++) {
        for (uint32_t pixel = 0; pixel < a->pixels; pixel += U1_VECTORS * LANES) {
            uint32_t left = a->pixels - pixel, n = left < U1_VECTORS * LANES ? left : U1_VECTORS * LANES;
            switch ((n + LANES - 1) / LANES) {
            case 1:
                u1_group(a, a->cursor, row, pixel, n, 1, 1, has_offsets);
                break;
            case 2:
                u1_group(a, a->cursor, row, pixel, n, 1, 2, has_offsets);
                break;
            case 3:
                u1_group(a, a->cursor, row, pixel, n, 1, 3, has_offsets);
                break;
            case 4:
                u1_group(a, a->cursor, row, pixel, n, 1, 4, has_offsets);
                break;
            case 5:
                u1_group(a, a->cursor, row, pixel, n, 1, 5, has_offsets);
                break;
            case 6:
                u1_group(a, a->cursor, row, pixel, n, 1, 6, has_offsets);
                break;
            case 7:
                u1_group(a, a->cursor, row, pixel, n, 1, 7, has_offsets);
                break;
            case 8:
                u1_group(a, a->cursor, row, pixel, n, 1, 8, has_offsets);
                break;
#if U1_VECTORS > 8
            case 9:
                u1_group(a, a->cursor, row, pixel, n, 1, 9, has_offsets);
                break;
            case 10:
                u1_group(a, a->cursor, row, pixel, n, 1, 10, has_offsets);
                break;
            case 11:
                u1_group(a, a->cursor, row, pixel, n, 1, 11, has_offsets);
                break;
            case 12:
                u1_group(a, a->cursor, row, pixel, n, 1, 12, has_offsets);
                break;
#endif
            }
        }
        spmm_advance(a, row);
    }
}

#ifdef U1_PAIRED

/* Two rows at a time over V vectors of pixels, in one K-block; `at` moves behind the last row. */
VECTOR_INLINE uint32_t u1_pairs(const nnz_spmm_f32 *a, uint32_t at, uint32_t pixel, uint32_t pixels, const int V,
                                const bool has_offsets) {
    const uint16_t *count = a->count + (size_t)a->kblock_begin * a->groups;
    uint32_t row = a->row_begin;
    for (; row + 2 <= a->row_end; row += 2) {
        u1_group(a, &at, row, pixel, pixels, 2, V, has_offsets);
        at += count[row] + count[row + 1];
    }
    if (row < a->row_end) {
        u1_group(a, &at, row, pixel, pixels, 1, V, has_offsets);
        at += count[row];
    }
    return at;
}

/* In one K-block. The vectors are shared alike between as few walks over the rows as can be. */
VECTOR_INLINE void u1_row_pairs(const nnz_spmm_f32 *a, const bool has_offsets) {
    const uint32_t first = a->cursor[0];
    uint32_t walks = (a->pixels + U1_PAIRED * LANES - 1) / (U1_PAIRED * LANES);
    for (uint32_t pixel = 0, n; pixel < a->pixels; pixel += n, walks--) {
        const uint32_t left = a->pixels - pixel, vectors = ((left + LANES - 1) / LANES + walks - 1) / walks;
        n = left < vectors * LANES ? left : vectors * LANES;
        switch (vectors) {
        case 1:
            a->cursor[0] = u1_pairs(a, first, pixel, n, 1, has_offsets);
            break;
        case 2:
            a->cursor[0] = u1_pairs(a, first, pixel, n, 2, has_offsets);
            break;
        case 3:
            a->cursor[0] = u1_pairs(a, first, pixel, n, 3, has_offsets);
            break;
        case 4:
            a->cursor[0] = u1_pairs(a, first, pixel, n, 4, has_offsets);
            break;
        }
    }
}

#endif

VECTOR_FUNCTION void VECTOR_NAME(spmm_f32_u1)(const nnz_spmm_f32 *arguments) {
    const nnz_spmm_f32 a = *arguments; /* nothing that is stored changes it: it stays in registers */
#ifdef U1_PAIRED
    enum { LONG_ROW = 128 };                                   /* columns */
    const bool one_walk = a.pixels > (U1_VECTORS - 1) * LANES; /* row by row over weights that may be far away */
    if (a.cols > LONG_ROW && !one_walk && a.kblock_end - a.kblock_begin == 1) {
        if (a.offset)
            u1_row_pairs(&a, true);
        else
            u1_row_pairs(&a, false);
        return;
    }
#endif
    if (a.offset)
        u1_rows(&a, true);
    else
        u1_rows(&a, false);
}
