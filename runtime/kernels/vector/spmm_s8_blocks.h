/* Sparse int8 products: one row at a time, up to S8_VECTORS vectors of pixels; each block is one broadcast of four
 * weights. */
#include "spmm_s8.h"

/* UNIT 4: a block is a unit of four weights; 1: a single weight, put in its place of the unit. */
VECTOR_INLINE void s8_blocks_row(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, const int V, const int UNIT,
                                 ivec *sums) {
    for (int i = 0; i < V * PARTS; i++)
        sums[i] = i_set(0);
    const size_t stride = (size_t)a->ldx * CELL;
    for (uint32_t kb = 0; kb < a->kblocks; kb++) {
        const uint32_t n = a->count[(size_t)kb * a->groups + row], first = kb * a->kblock;
        const uint8_t *index = a->index + a->cursor[kb], *x = a->x + (size_t)pixel * CELL;
        const int8_t *w = a->values + (size_t)a->cursor[kb] * UNIT;
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t unit = UNIT == 4 ? first + index[i] : (first + index[i]) / 4;
            const wvec wi = UNIT == 4 ? i_weights(w + 4 * (size_t)i) : i_one_weight(w[i], (first + index[i]) % 4);
            const uint8_t *xu = x + unit * stride;
            for (int v = 0; v < V; v++)
                i_dot(sums + v * PARTS, i_load(xu + v * (PIXELS * CELL)), wi);
        }
    }
}

VECTOR_INLINE void s8_blocks_rows(const nnz_spmm_s8 *a, uint32_t pixel, uint32_t pixels, const int V, const int UNIT) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += 4) {
        ivec out[V_MAX];
        for (int v = 0; v < V; v++)
            out[v] = i_set(0);
        for (int byte = 0; byte < 4 && row + (uint32_t)byte < a->row_end; byte++) {
            ivec sums[V_MAX * PARTS];
            s8_blocks_row(a, row + (uint32_t)byte, pixel, V, UNIT, sums);
            s8_finish(a, row + (uint32_t)byte, byte, V, sums, out);
            for (uint32_t kb = 0; kb < a->kblocks; kb++)
                a->cursor[kb] += a->count[(size_t)kb * a->groups + row + (uint32_t)byte];
        }
        s8_store(a, row, pixel, pixels, V, out);
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
