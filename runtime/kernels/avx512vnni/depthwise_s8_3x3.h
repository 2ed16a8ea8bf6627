/*
 * Windows of 3 x 3 for depthwise_s8: the taps of a VPDPBUSD are those of a column of the window, four rows of x. Rows
 * are interleaved once for all windows that they are in; pixels in steps of four make a vector, as that leaves them,
 * and narrowing four vectors of sums brings sixteen back into order.
 */

enum { BLOCK = 16 }; /* pixels */

/* Four rows of x for sixteen pixels: lane L of column[j] has those of pixel 4 L + j, its four channels. */
typedef struct d_columns {
    __m512i column[4];
} d_columns;

VECTOR_INLINE d_columns d_load_columns(const int8_t *const rows[4], size_t pixel) {
    __m512i x[4], low[2], high[2];
    for (int i = 0; i < 4; i++)
        x[i] = _mm512_xor_si512(_mm512_loadu_si512(rows[i] + 4 * pixel), _mm512_set1_epi8(-128));
    for (int i = 0; i < 2; i++) {
        low[i] = _mm512_unpacklo_epi8(x[2 * i], x[2 * i + 1]);
        high[i] = _mm512_unpackhi_epi8(x[2 * i], x[2 * i + 1]);
    }
    return (d_columns){{_mm512_unpacklo_epi16(low[0], low[1]), _mm512_unpackhi_epi16(low[0], low[1]),
                        _mm512_unpacklo_epi16(high[0], high[1]), _mm512_unpackhi_epi16(high[0], high[1])}};
}

/* The columns four pixels further on. */
VECTOR_INLINE __m512i d_next_four(__m512i column, __m512i next_block) {
    return _mm512_alignr_epi32(next_block, column, 4);
}

/* The rows that outputs of row oy begin with, and those behind, up to the last one of its windows. */
VECTOR_INLINE void d_rows(const nnz_depthwise_s8 *a, uint32_t oy, uint32_t last, const int8_t *rows[4]) {
    for (uint32_t i = 0; i < 4; i++)
        rows[i] = a->x + 4 * a->ldx * ((size_t)oy * a->stride_h + (i < last ? i : last));
}

/* The columns of the window, the first row of weights meeting row `first` of x. */
VECTOR_INLINE void d_window(const int8_t *w, int first, __m512i window[3]) {
    for (int kx = 0; kx < 3; kx++) {
        const __m128i rows = _mm_setr_epi32(i_word(w + 4 * kx), i_word(w + 12 + 4 * kx), i_word(w + 24 + 4 * kx), 0);
        window[kx] = _mm512_slli_epi32(d_shuffle(_mm512_broadcast_i32x4(rows), 3), 8 * (unsigned)first);
    }
}

VECTOR_INLINE ivec d_sum(ivec bias, __m512i x0, __m512i x1, __m512i x2, const __m512i window[3]) {
    return d_dot(d_dot(d_dot(bias, x0, window[0]), x1, window[1]), x2, window[2]);
}

/* Four vectors of sums as bytes: in each lane of 128 bits a pixel of each. */
VECTOR_INLINE __m512i d_narrow(const nnz_depthwise_s8 *a, ivec multiplier, const ivec sums[4]) {
    const ivec rounding = i_rounding(a->zero);
    ivec v[4];
    for (int i = 0; i < 4; i++)
        v[i] = d_requantize(sums[i], multiplier, a->shift, rounding);
    return i_clamp_bytes(_mm512_packs_epi16(_mm512_packs_epi32(v[0], v[1]), _mm512_packs_epi32(v[2], v[3])), a->lo,
                         a->hi);
}

VECTOR_INLINE void d_store_row(const nnz_depthwise_s8 *a, uint32_t oy, uint32_t ox, __m512i pixels) {
    const uint32_t left = a->out_width - ox;
    i_store_n(a->y + 4 * ((size_t)oy * a->out_width + ox), pixels, left < BLOCK ? left : BLOCK);
}

/* ROWS rows of outputs, one or two, from row oy on. */
VECTOR_INLINE void d_rows_stride1(const nnz_depthwise_s8 *a, ivec bias, __m512i window[2][3], uint32_t oy,
                                  const int ROWS) {
    const ivec multiplier = d_repeat(a->multiplier);
    const uint32_t columns = a->out_width + 2;
    const int8_t *rows[4];
    d_rows(a, oy, (uint32_t)ROWS + 1, rows);
    d_columns x = d_load_columns(rows, 0);
    for (uint32_t ox = 0; ox < a->out_width; ox += BLOCK) {
        const d_columns next = ox + BLOCK < columns ? d_load_columns(rows, ox + BLOCK) : x;
        const __m512i x4 = d_next_four(x.column[0], next.column[0]), x5 = d_next_four(x.column[1], next.column[1]);
        for (int r = 0; r < ROWS; r++) {
            const ivec sums[4] = {
                d_sum(bias, x.column[0], x.column[1], x.column[2], window[r]),
                d_sum(bias, x.column[1], x.column[2], x.column[3], window[r]),
                d_sum(bias, x.column[2], x.column[3], x4, window[r]),
                d_sum(bias, x.column[3], x4, x5, window[r]),
            };
            d_store_row(a, oy + (uint32_t)r, ox, d_narrow(a, multiplier, sums));
        }
        x = next;
    }
}

VECTOR_INLINE void depthwise_s8_3x3_stride1(const nnz_depthwise_s8 *a, ivec bias) {
    __m512i window[2][3];
    uint32_t oy = 0;
    d_window(a->w, 0, window[0]);
    d_window(a->w, 1, window[1]);
    for (; oy + 2 <= a->out_height; oy += 2)
        d_rows_stride1(a, bias, window, oy, 2);
    if (oy < a->out_height)
        d_rows_stride1(a, bias, window, oy, 1);
}

/* Sixteen outputs take 33 columns: the second block may not be there, nor the third, of which one column is. */
VECTOR_INLINE void d_row_stride2(const nnz_depthwise_s8 *a, ivec bias, const __m512i window[3], uint32_t oy) {
    /* d_narrow() leaves pixels 0, 1, 8, 9; 2, 3, 10, 11; ... */
    const __m512i order = _mm512_setr_epi32(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
    const ivec multiplier = d_repeat(a->multiplier);
    const uint32_t columns = 2 * a->out_width + 1;
    const int8_t *rows[4];
    d_rows(a, oy, 2, rows);
    d_columns x = d_load_columns(rows, 0);
    for (uint32_t ox = 0; ox < a->out_width; ox += BLOCK) {
        const d_columns second = 2 * ox + BLOCK < columns ? d_load_columns(rows, 2 * ox + BLOCK) : x;
        const d_columns third = 2 * ox + 2 * BLOCK < columns ? d_load_columns(rows, 2 * ox + 2 * BLOCK) : second;
        const __m512i x4 = d_next_four(x.column[0], second.column[0]);
        const __m512i second4 = d_next_four(second.column[0], third.column[0]);
        const ivec sums[4] = {
            d_sum(bias, x.column[0], x.column[1], x.column[2], window),
            d_sum(bias, x.column[2], x.column[3], x4, window),
            d_sum(bias, second.column[0], second.column[1], second.column[2], window),
            d_sum(bias, second.column[2], second.column[3], second4, window),
        };
        d_store_row(a, oy, ox, _mm512_permutexvar_epi32(order, d_narrow(a, multiplier, sums)));
        x = third;
    }
}

VECTOR_INLINE void depthwise_s8_3x3_stride2(const nnz_depthwise_s8 *a, ivec bias) {
    __m512i window[3];
    d_window(a->w, 0, window);
    for (uint32_t oy = 0; oy < a->out_height; oy++)
        d_row_stride2(a, bias, window, oy);
}
