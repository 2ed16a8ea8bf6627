/*
 * int8 products row by row, up to V_MAX vectors of pixels at a time. What includes it gives s8_row(), the results of a
 * row, not clamped yet, or zeros if there is no such row, from blocks of UNIT columns, and s8_rewind(), back to `row`,
 * for the next pixels.
 */

VECTOR_INLINE void s8_rows_four(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int V,
                                const int UNIT) {
    ivec results[4][V_MAX], low[V_MAX], high[V_MAX];
    for (uint32_t i = 0; i < 4; i++)
        s8_row(a, row + i, pixel, V, UNIT, results[i]);
    for (int v = 0; v < V; v++) {
        low[v] = i_narrow_pair(results[0][v], results[1][v]);
        high[v] = i_narrow_pair(results[2][v], results[3][v]);
    }
    s8_store(a, row, pixel, pixels, V, low, high);
}

VECTOR_INLINE void s8_rows_walk(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int UNIT) {
    switch ((pixels + PIXELS - 1) / PIXELS) {
    case 1:
        s8_rows_four(a, row, pixel, pixels, 1, UNIT);
        break;
    case 2:
        s8_rows_four(a, row, pixel, pixels, 2, UNIT);
        break;
    case 3:
        s8_rows_four(a, row, pixel, pixels, 3, UNIT);
        break;
    case 4:
        s8_rows_four(a, row, pixel, pixels, 4, UNIT);
        break;
#if V_MAX > 4
    case 5:
        s8_rows_four(a, row, pixel, pixels, 5, UNIT);
        break;
    case 6:
        s8_rows_four(a, row, pixel, pixels, 6, UNIT);
        break;
#endif
#if V_MAX > 6
    case 7:
        s8_rows_four(a, row, pixel, pixels, 7, UNIT);
        break;
    case 8:
        s8_rows_four(a, row, pixel, pixels, 8, UNIT);
        break;
#endif
#if V_MAX > 8
    case 9:
        s8_rows_four(a, row, pixel, pixels, 9, UNIT);
        break;
    case 10:
        s8_rows_four(a, row, pixel, pixels, 10, UNIT);
        break;
    case 11:
        s8_rows_four(a, row, pixel, pixels, 11, UNIT);
        break;
    case 12:
        s8_rows_four(a, row, pixel, pixels, 12, UNIT);
        break;
    case 13:
        s8_rows_four(a, row, pixel, pixels, 13, UNIT);
        break;
#endif
    }
}

/* Four rows over all pixels, before the next four: walks of the same blocks follow each other, so that all but the
 * first are predicted. */
VECTOR_INLINE void s8_rows(const nnz_spmm_s8 *a, const int UNIT) {
    const uint32_t vectors = (a->pixels + PIXELS - 1) / PIXELS, walks = (vectors + V_MAX - 1) / V_MAX;
    const uint32_t step = (vectors + walks - 1) / walks * PIXELS;
    for (uint32_t row = a->row_begin; row < a->row_end; row += 4)
        for (uint32_t pixel = 0; pixel < a->pixels; pixel += step) {
            if (pixel)
                s8_rewind(a, row);
            s8_rows_walk(a, row, pixel, a->pixels - pixel < step ? a->pixels - pixel : step, UNIT);
        }
}
