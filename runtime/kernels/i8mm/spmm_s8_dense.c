/* spmm_s8_dense for NEON with matrix products: two units of two rows by two pixels are one SMMLA. */
#include "int8.h"

#ifdef NNZ_AARCH64
#include "../vector/spmm_s8.h"

enum { VECTORS = 2 }; /* of pixels; with those of eight rows, 16 sums of 2 x 2 */

/* Two units of four rows or pixels become those of the first two and of the last two, both units side by side. */
VECTOR_INLINE void join_units(int8x16_t first, int8x16_t second, int8x16_t pairs[2]) {
    const int32x4_t a = vreinterpretq_s32_s8(first), b = vreinterpretq_s32_s8(second);
    pairs[0] = vreinterpretq_s8_s32(vzip1q_s32(a, b));
    pairs[1] = vreinterpretq_s8_s32(vzip2q_s32(a, b));
}

/* Adds the products of unit u and the one behind it; where there is none, that is 0. */
VECTOR_INLINE void add_units(const nnz_spmm_s8 *a, const int8_t *w, const uint8_t *x, const bool two, const int V,
                             ivec sums[4][2 * VECTORS]) {
    const int8x16_t none = vdupq_n_s8(0);
    const size_t next = (size_t)a->ldx * CELL;
    int8x16_t rows[4];
    join_units(vld1q_s8(w), two ? vld1q_s8(w + 32) : none, rows);
    join_units(vld1q_s8(w + 16), two ? vld1q_s8(w + 48) : none, rows + 2);
    for (int v = 0; v < V; v++) {
        int8x16_t pixels[2];
        join_units(i_load(x + 16 * v), two ? i_load(x + next + 16 * v) : none, pixels);
        for (int r = 0; r < 4; r++)
            for (int p = 0; p < 2; p++)
                sums[r][2 * v + p] = vmmlaq_s32(sums[r][2 * v + p], rows[r], pixels[p]);
    }
}

/* The results of two rows, or zeros where there is no such row, from their sums of 2 x 2. */
VECTOR_INLINE void finish_pair(const nnz_spmm_s8 *a, uint32_t row, const int V, const ivec *sums, ivec *pair) {
    ivec results[2][VECTORS];
    for (uint32_t i = 0; i < 2; i++) {
        ivec of_row[VECTORS];
        s8_begin(a, row + i, V, of_row);
        for (int v = 0; v < V; v++) {
            const int64x2_t first = vreinterpretq_s64_s32(sums[2 * v]), second = vreinterpretq_s64_s32(sums[2 * v + 1]);
            const int64x2_t sum = i ? vzip2q_s64(first, second) : vzip1q_s64(first, second);
            of_row[v] = i_add(of_row[v], vreinterpretq_s32_s64(sum));
            results[i][v] = i_set(0);
        }
        if (row + i < a->row_end)
            s8_finish(a, row + i, V, of_row, results[i]);
    }
    for (int v = 0; v < V; v++)
        pair[v] = i_narrow_pair(results[0][v], results[1][v]);
}

VECTOR_INLINE void dense_rows(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int V) {
    ivec sums[4][2 * VECTORS];
    for (int r = 0; r < 4; r++)
        for (int p = 0; p < 2 * V; p++)
            sums[r][p] = i_set(0);
    const int8_t *w = a->values + (size_t)row * a->units * 4;
    const uint8_t *x = a->x + (size_t)pixel * CELL;
    uint32_t u = 0;
    for (; u + 2 <= a->units; u += 2, w += 64, x += 2 * (size_t)a->ldx * CELL)
        add_units(a, w, x, true, V, sums);
    if (u < a->units)
        add_units(a, w, x, false, V, sums);
    for (uint32_t r = 0; r < 8 && row + r < a->row_end; r += 4) {
        ivec low[VECTORS], high[VECTORS];
        finish_pair(a, row + r, V, sums[r / 2], low);
        finish_pair(a, row + r + 2, V, sums[r / 2 + 1], high);
        s8_store(a, row + r, pixel, pixels, V, low, high);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_dense)(const nnz_spmm_s8 *a) {
    for (uint32_t pixel = 0, n; pixel < a->pixels; pixel += n) {
        const uint32_t left = a->pixels - pixel;
        n = left < VECTORS * PIXELS ? left : VECTORS * PIXELS;
        for (uint32_t row = a->row_begin; row < a->row_end; row += 8) {
            if (n > PIXELS)
                dense_rows(a, row, pixel, n, 2);
            else
                dense_rows(a, row, pixel, n, 1);
        }
    }
}
#endif
