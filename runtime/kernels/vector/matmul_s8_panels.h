/*
 * Rows of A of matmul_s8 as panels of eight: [depth / 4][8][4], as dense weights are stored, 0 beyond the depth. An ISA
 * whose products take them in another form has WIDENS_PANELS, with PANEL_UNIT bytes a unit of a panel, panel_widen()
 * and panel_row_terms().
 */

enum { BYTES_UNIT = 32 };

/* The rows from `row` on of an A whose planes are of four of depth. */
VECTOR_INLINE void panel_copy(const nnz_matmul_s8 *a, uint32_t row, int8_t *panel) {
    const int8_t *from = a->a + 4 * (size_t)row;
    const uint32_t rows = a->rows - row < 8 ? a->rows - row : 8;
    for (uint32_t k = 0; k < a->depth; k += 4, from += a->lda, panel += BYTES_UNIT) {
        if (rows == 8) {
            __builtin_memcpy(panel, from, BYTES_UNIT);
        } else {
            __builtin_memset(panel, 0, BYTES_UNIT);
            __builtin_memcpy(panel, from, 4 * (size_t)rows);
        }
        for (uint32_t i = 0; k + 4 > a->depth && i < BYTES_UNIT; i++)
            panel[i] = k + i % 4 < a->depth ? panel[i] : 0;
    }
}

/* Four rows of an A whose planes are of rows: every other 16 bytes of a panel. */
VECTOR_INLINE void panel_transpose(const nnz_matmul_s8 *a, uint32_t row, int8_t *panel) {
    const int8_t *from = a->a + row / 4 * a->lda;
    const uint32_t rest = a->depth % 4;
    for (uint32_t k = 0; k < a->depth / 4; k++, from += 16, panel += BYTES_UNIT)
        i_transpose_4x4(from, panel);
    if (!rest)
        return;
    int8_t last[16] = {0};
    __builtin_memcpy(last, from, 4 * (size_t)rest);
    i_transpose_4x4(last, panel);
}

VECTOR_INLINE void panel_fill(const nnz_matmul_s8 *a, uint32_t row, int8_t *panel) {
    if (a->transposed) {
        panel_copy(a, row, panel);
        return;
    }
    panel_transpose(a, row, panel);
    if (row + 4 < a->rows)
        panel_transpose(a, row + 4, panel + 16);
}

#ifndef WIDENS_PANELS
enum { PANEL_UNIT = BYTES_UNIT };

/* The sums of the rows, times what stands for zero_b; they are the rows' terms without their sign. */
VECTOR_INLINE void panel_row_terms(const nnz_matmul_s8 *a, const int8_t *panel, int32_t *terms) {
    const int8_t zero = (int8_t)a->zero_b, x[4] = {zero, zero, zero, zero};
    mvec sums[MATVEC_PARTS];
    m_clear(sums);
    for (uint32_t k = 0; k < a->depth; k += 4, panel += BYTES_UNIT)
        m_dot(sums, panel, x);
    ivec rows[ROW_VECTORS];
    m_rows(rows, sums);
    for (int v = 0; v < ROW_VECTORS; v++)
        i_store_n(terms + v * (8 / ROW_VECTORS), rows[v], 8 / ROW_VECTORS);
}
#endif

/* All panels, and the terms of all rows; returns what is left of the scratch, aligned to 64. */
VECTOR_INLINE int8_t *panels_fill(const nnz_matmul_s8 *a, int32_t *row_terms) {
    const size_t units = (a->depth + 3) / 4;
    int8_t *panel = a->scratch, *end = panel + ((a->rows + 7) / 8 * units * PANEL_UNIT + 63) / 64 * 64;
    for (uint32_t row = 0; row < a->rows; row += 8, panel += units * PANEL_UNIT) {
#ifdef WIDENS_PANELS
        panel_fill(a, row, end);
        panel_widen(panel, end, units);
#else
        panel_fill(a, row, panel);
#endif
        panel_row_terms(a, panel, row_terms + row);
    }
    return end;
}
