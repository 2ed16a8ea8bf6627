/* Sparse int8 products: one row at a time, up to V_MAX vectors of pixels. What includes it gives s8_add_units(), as
 * spmm_s8_units.h does, and with SORTED_BLOCKS s8_walk_groups(). */
#include "spmm_s8.h"

/* Adds n blocks of a single weight, put in its place of a unit: block i is column first + index[i] of x. */
VECTOR_INLINE void s8_add_singles(ivec *sums, uint32_t n, const uint8_t *index, const int8_t *w, const uint8_t *x,
                                  size_t stride, uint32_t first, const int V) {
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t column = first + index[i];
        const wvec wi = i_one_weight(w[i], column % 4);
        const uint8_t *xu = x + column / 4 * stride;
        for (int v = 0; v < V; v++)
            i_dot(sums + v * PARTS, i_load(xu + v * (PIXELS * CELL)), wi);
    }
}

/* The results of a row, or zeros if there is no such row. */
VECTOR_INLINE void s8_row(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, const int V, const int UNIT,
                          ivec *results) {
    if (row >= a->row_end) {
        for (int v = 0; v < V; v++)
            results[v] = i_set(0);
        return;
    }
    ivec sums[V_MAX * PARTS];
    s8_begin(a, row, V, sums);
    const size_t stride = (size_t)a->ldx * CELL;
    const uint8_t *x = a->x + (size_t)pixel * CELL;
    const uint16_t *count = a->count + row;
    for (uint32_t kb = 0; kb < a->kblocks; kb++, count += a->groups) {
        const size_t at = a->cursor[kb];
        if (UNIT == 4)
            s8_add_units(sums, *count, a->index + at, a->values + at * 4, x + kb * a->kblock * stride, stride, V);
        else
            s8_add_singles(sums, *count, a->index + at, a->values + at, x, stride, kb * a->kblock, V);
        a->cursor[kb] += *count;
    }
    s8_finish(a, row, V, sums, results);
}

/* Back to `row`, for the next pixels. */
VECTOR_INLINE void s8_rewind(const nnz_spmm_s8 *a, uint32_t row) {
    const uint16_t *count = a->count;
    for (uint32_t kb = 0; kb < a->kblocks; kb++, count += a->groups)
        for (uint32_t r = row; r < row + 4 && r < a->row_end; r++)
            a->cursor[kb] -= count[r];
}

#include "spmm_s8_rows.h"

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_q1x4)(const nnz_spmm_s8 *a) {
#ifdef SORTED_BLOCKS
    if (a->exact.rows) {
        s8_walk_groups(a);
        return;
    }
#endif
    s8_rows(a, 4);
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_u1)(const nnz_spmm_s8 *a) {
    s8_rows(a, 1);
}
