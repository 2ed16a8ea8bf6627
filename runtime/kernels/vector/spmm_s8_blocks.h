/* Sparse int8 products: one row at a time, up to S8_VECTORS vectors of pixels; each block is one broadcast of four
 * weights. */
#include "spmm_s8.h"

/* Adds the n blocks of a row from `index` and `w` on, all of one K-block, whose first unit is at x. UNIT 4: a block is
 * a unit of four weights; 1: a single weight, put in its place of the unit, of which `first` is the first column. */
VECTOR_INLINE void s8_blocks_add(ivec *sums, uint32_t n, const uint8_t *index, const int8_t *w, const uint8_t *x,
                                 size_t stride, uint32_t first, const int V, const int UNIT) {
    for (uint32_t i = 0; i < n; i++, w += UNIT) {
        const uint32_t column = first + index[i];
        const wvec wi = UNIT == 4 ? i_weights(w) : i_one_weight(*w, column % 4);
        const uint8_t *xu = x + (UNIT == 4 ? index[i] : column / 4) * stride;
        for (int v = 0; v < V; v++)
            i_dot(sums + v * PARTS, i_load(xu + v * (PIXELS * CELL)), wi);
    }
}

/* The results of a row, or zeros if there is no such row. */
VECTOR_INLINE void s8_blocks_results(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, const int V, const int UNIT,
                                     ivec *results) {
    for (int v = 0; v < V; v++)
        results[v] = i_set(0);
    if (row >= a->row_end)
        return;
    ivec sums[V_MAX * PARTS];
    for (int i = 0; i < V * PARTS; i++)
        sums[i] = i_set(0);
    const size_t stride = (size_t)a->ldx * CELL;
    const uint8_t *x = a->x + (size_t)pixel * CELL;
    const uint16_t *count = a->count + row;
    for (uint32_t kb = 0; kb < a->kblocks; kb++, count += a->groups) {
        const size_t at = a->cursor[kb];
        s8_blocks_add(sums, *count, a->index + at, a->values + at * UNIT, x, stride, kb * a->kblock, V, UNIT);
        a->cursor[kb] += *count;
        x += UNIT == 4 ? a->kblock * stride : 0;
    }
    s8_finish(a, row, V, sums, results);
}

VECTOR_INLINE void s8_blocks_pair(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, const int V, const int UNIT,
                                  ivec *pair) {
    ivec results[V_MAX];
    s8_blocks_results(a, row, pixel, V, UNIT, pair);
    s8_blocks_results(a, row + 1, pixel, V, UNIT, results);
    for (int v = 0; v < V; v++)
        pair[v] = i_narrow_pair(pair[v], results[v]);
}

VECTOR_INLINE void s8_blocks_rows(const nnz_spmm_s8 *a, uint32_t pixel, uint32_t pixels, const int V, const int UNIT) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += 4) {
        ivec low[V_MAX], high[V_MAX];
        s8_blocks_pair(a, row, pixel, V, UNIT, low);
        s8_blocks_pair(a, row + 2, pixel, V, UNIT, high);
        s8_store(a, row, pixel, pixels, V, low, high);
    }
}

/* Back to the first row, for the next pixels. */
VECTOR_INLINE void s8_rewind(const nnz_spmm_s8 *a) {
    for (uint32_t kb = 0; kb < a->kblocks; kb++)
        for (uint32_t row = a->row_begin; row < a->row_end; row++)
            a->cursor[kb] -= a->count[(size_t)kb * a->groups + row];
}

VECTOR_INLINE void s8_blocks(const nnz_spmm_s8 *a, const int UNIT) {
    for (uint32_t pixel = 0, n; pixel < a->pixels; pixel += n) {
        const uint32_t left = a->pixels - pixel;
        n = left < V_MAX * PIXELS ? left : V_MAX * PIXELS;
        if (pixel)
            s8_rewind(a);
        switch ((n + PIXELS - 1) / PIXELS) {
        case 1:
            s8_blocks_rows(a, pixel, n, 1, UNIT);
            break;
        case 2:
            s8_blocks_rows(a, pixel, n, 2, UNIT);
            break;
        case 3:
            s8_blocks_rows(a, pixel, n, 3, UNIT);
            break;
        case 4:
            s8_blocks_rows(a, pixel, n, 4, UNIT);
            break;
#if V_MAX > 4
        case 5:
            s8_blocks_rows(a, pixel, n, 5, UNIT);
            break;
        case 6:
            s8_blocks_rows(a, pixel, n, 6, UNIT);
            break;
#endif
        }
    }
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_q1x4)(const nnz_spmm_s8 *a) {
    s8_blocks(a, 4);
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_u1)(const nnz_spmm_s8 *a) {
    s8_blocks(a, 1);
}
