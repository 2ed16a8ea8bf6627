/*
 * Windows of 3 x 3 for depthwise_s8, of an ISA with a dot product of bytes: the taps of one are a column of the window,
 * four rows of x. Rows are interleaved once for all windows that they are in; pixels in steps of four make a vector, as
 * that leaves them, and narrowing four vectors of sums brings PIXELS x 4 bytes back into order. An ISA's file includes
 * depthwise_s8_any.h before, and gives d_load_row(), d_interleave(), d_next_four(), d_column() and d_dot_column(),
 * d_columns_bias(), d_form(), d_narrow() and d_order_stride2().
 */

/* Four rows of x for PIXELS pixels: lane L (of 128 bits) of column[j] has those of pixel 4 L + j, its four channels. */
typedef struct d_columns {
    ivec column[4];
} d_columns;

VECTOR_INLINE d_columns d_load_columns(const int8_t *const rows[4], size_t pixel) {
    ivec x[4];
    d_columns columns;
    for (int i = 0; i < 4; i++)
        x[i] = d_load_row(rows[i] + 4 * pixel);
    d_interleave(x, columns.column);
    return columns;
}

/* The rows that outputs of row oy begin with, and those behind, up to the last one of its windows. */
VECTOR_INLINE void d_rows(const nnz_depthwise_s8 *a, uint32_t oy, uint32_t last, const int8_t *rows[4]) {
    for (uint32_t i = 0; i < 4; i++)
        rows[i] = a->x + 4 * a->ldx * ((size_t)oy * a->stride_h + (i < last ? i : last));
}

/* The columns of the window, the first row of weights meeting row `first` of x. */
VECTOR_INLINE void d_window(const int8_t *w, int first, dcolumn window[3]) {
    for (int kx = 0; kx < 3; kx++)
        window[kx] = d_column(_mm_setr_epi32(i_word(w + 4 * kx), i_word(w + 12 + 4 * kx), i_word(w + 24 + 4 * kx), 0),
                              8 * first);
}

VECTOR_INLINE ivec d_sum(ivec bias, ivec x0, ivec x1, ivec x2, const dcolumn window[3]) {
    return d_dot_column(d_dot_column(d_dot_column(bias, x0, window[0]), x1, window[1]), x2, window[2]);
}

VECTOR_INLINE void d_store_row(const nnz_depthwise_s8 *a, uint32_t oy, uint32_t ox, ivec pixels) {
    const uint32_t left = a->out_width - ox;
    i_store_n(a->y + 4 * ((size_t)oy * a->out_width + ox), pixels, left < PIXELS ? left : PIXELS);
}

/* ROWS rows of outputs, one or two, from row oy on. */
VECTOR_INLINE void d_rows_stride1(const nnz_depthwise_s8 *a, ivec bias, const dform *form, dcolumn window[2][3],
                                  uint32_t oy, const int ROWS) {
    const uint32_t columns = a->out_width + 2;
    const int8_t *rows[4];
    d_rows(a, oy, (uint32_t)ROWS + 1, rows);
    d_columns x = d_load_columns(rows, 0);
    for (uint32_t ox = 0; ox < a->out_width; ox += PIXELS) {
        const d_columns next = ox + PIXELS < columns ? d_load_columns(rows, ox + PIXELS) : x;
        const ivec x4 = d_next_four(x.column[0], next.column[0]), x5 = d_next_four(x.column[1], next.column[1]);
        for (int r = 0; r < ROWS; r++) {
            const ivec sums[4] = {
                d_sum(bias, x.column[0], x.column[1], x.column[2], window[r]),
                d_sum(bias, x.column[1], x.column[2], x.column[3], window[r]),
                d_sum(bias, x.column[2], x.column[3], x4, window[r]),
                d_sum(bias, x.column[3], x4, x5, window[r]),
            };
            d_store_row(a, oy + (uint32_t)r, ox, d_narrow(form, sums));
        }
        x = next;
    }
}

VECTOR_INLINE void depthwise_s8_columns_stride1(const nnz_depthwise_s8 *a, ivec bias, const dform *form) {
    dcolumn window[2][3];
    uint32_t oy = 0;
    d_window(a->w, 0, window[0]);
    d_window(a->w, 1, window[1]);
    for (; oy + 2 <= a->out_height; oy += 2)
        d_rows_stride1(a, bias, form, window, oy, 2);
    if (oy < a->out_height)
        d_rows_stride1(a, bias, form, window, oy, 1);
}

/* PIXELS outputs take 2 PIXELS + 1 columns: the second block may not be there, nor the third, of which one column is.
 */
VECTOR_INLINE void d_row_stride2(const nnz_depthwise_s8 *a, ivec bias, const dform *form, const dcolumn window[3],
                                 uint32_t oy) {
    const uint32_t columns = 2 * a->out_width + 1;
    const int8_t *rows[4];
    d_rows(a, oy, 2, rows);
    d_columns x = d_load_columns(rows, 0);
    for (uint32_t ox = 0; ox < a->out_width; ox += PIXELS) {
        const d_columns second = 2 * ox + PIXELS < columns ? d_load_columns(rows, 2 * ox + PIXELS) : x;
        const d_columns third = 2 * ox + 2 * PIXELS < columns ? d_load_columns(rows, 2 * ox + 2 * PIXELS) : second;
        const ivec x4 = d_next_four(x.column[0], second.column[0]);
        const ivec second4 = d_next_four(second.column[0], third.column[0]);
        const ivec sums[4] = {
            d_sum(bias, x.column[0], x.column[1], x.column[2], window),
            d_sum(bias, x.column[2], x.column[3], x4, window),
            d_sum(bias, second.column[0], second.column[1], second.column[2], window),
            d_sum(bias, second.column[2], second.column[3], second4, window),
        };
        d_store_row(a, oy, ox, d_order_stride2(d_narrow(form, sums)));
        x = third;
    }
}

VECTOR_INLINE void depthwise_s8_columns_stride2(const nnz_depthwise_s8 *a, ivec bias, const dform *form) {
    dcolumn window[3];
    d_window(a->w, 0, window);
    for (uint32_t oy = 0; oy < a->out_height; oy++)
        d_row_stride2(a, bias, form, window, oy);
}

VECTOR_FUNCTION void VECTOR_NAME(depthwise_s8)(const nnz_depthwise_s8 *a) {
    const dform form = d_form(a);
    if (depthwise_s8_is_3x3(a, 1))
        depthwise_s8_columns_stride1(a, d_columns_bias(a), &form);
    else if (depthwise_s8_is_3x3(a, 2))
        depthwise_s8_columns_stride2(a, d_columns_bias(a), &form);
    else
        depthwise_s8_any_rows(a, depthwise_s8_bias(a), 0);
}
