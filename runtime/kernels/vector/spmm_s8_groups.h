/*
 * int8 products of units that the plan has sorted (nnz_s8_units): the rows of a group are walked in its order, their
 * results wait as bytes, and then become planes of four. What includes it gives GROUP_VECTORS, the vectors of the
 * widest tile, and s8_walk_row(), which leaves the results of a row for V vectors of pixels, not clamped yet, as
 * i_narrow_four() makes them.
 */

/* Vectors of bytes that hold the results of a row. */
#define GROUP_BYTES(V) (((V) + 3) / 4)

/* Rows [begin, end) of a group that begins with row `group`. */
VECTOR_INLINE void s8_walk_rows(const nnz_spmm_s8 *a, uint32_t group, uint32_t begin, uint32_t end, const int V,
                                ivec *results) {
    const uint32_t n = nnz_units_group_rows(group, a->exact.row_count);
    for (const nnz_s8_row *row = a->exact.rows + group, *last = row + n; row < last; row++)
        if (row->row >= begin && row->row < end)
            s8_walk_row(a, row, V, results + (row->row - group) * GROUP_BYTES(V));
}

/* Four rows of results, `bytes` vectors each, as words of four channels. */
VECTOR_INLINE void s8_store_rows(const nnz_spmm_s8 *a, const ivec *results, uint32_t bytes, int8_t *y) {
    const int32_t lo = a->lo, hi = a->hi;
    const uint32_t pixels = a->pixels;
    for (uint32_t i = 0, p = 0; i < bytes; i++) {
        ivec rows[4], words[4];
        for (uint32_t r = 0; r < 4; r++)
            rows[r] = i_clamp_bytes(results[r * bytes + i], lo, hi);
        i_interleave_rows(rows, words);
        for (uint32_t v = 0; v < 4 && p < pixels; v++, p += PIXELS)
            i_store_n(y + 4 * (size_t)p, words[v], pixels - p < PIXELS ? pixels - p : PIXELS);
    }
}

/* Rows [begin, end) of a group. */
VECTOR_INLINE void s8_walk_group(const nnz_spmm_s8 *a, uint32_t group, uint32_t begin, uint32_t end) {
    ivec results[NNZ_UNITS_GROUP * GROUP_BYTES(GROUP_VECTORS)];
    const uint32_t vectors = (a->pixels + PIXELS - 1) / PIXELS, bytes = GROUP_BYTES(vectors);
    switch (vectors) {
    case 1:
        s8_walk_rows(a, group, begin, end, 1, results);
        break;
    case 2:
        s8_walk_rows(a, group, begin, end, 2, results);
        break;
    case 3:
        s8_walk_rows(a, group, begin, end, 3, results);
        break;
    case 4:
        s8_walk_rows(a, group, begin, end, 4, results);
        break;
    case 5:
        s8_walk_rows(a, group, begin, end, 5, results);
        break;
    case 6:
        s8_walk_rows(a, group, begin, end, 6, results);
        break;
    case 7:
        s8_walk_rows(a, group, begin, end, 7, results);
        break;
    case 8:
        s8_walk_rows(a, group, begin, end, 8, results);
        break;
#if GROUP_VECTORS > 8
    case 9:
        s8_walk_rows(a, group, begin, end, 9, results);
        break;
    case 10:
        s8_walk_rows(a, group, begin, end, 10, results);
        break;
    case 11:
        s8_walk_rows(a, group, begin, end, 11, results);
        break;
    case 12:
        s8_walk_rows(a, group, begin, end, 12, results);
        break;
    case 13:
        s8_walk_rows(a, group, begin, end, 13, results);
        break;
#endif
    }
    for (uint32_t row = end; row % 4; row++)
        for (uint32_t i = 0; i < bytes; i++)
            results[(row - group) * bytes + i] = i_set(0);
    for (uint32_t row = begin; row < end; row += 4)
        s8_store_rows(a, results + (row - group) * bytes, bytes, a->y + row / 4 * a->ldy);
}

static VECTOR_FUNCTION void s8_walk_groups(const nnz_spmm_s8 *arguments) {
    const nnz_spmm_s8 a = *arguments; /* stores of bytes may alias them */
    for (uint32_t row = a.row_begin, next; row < a.row_end; row = next) {
        const uint32_t group = row - row % NNZ_UNITS_GROUP;
        next = group + nnz_units_group_rows(group, a.row_end);
        s8_walk_group(&a, group, row, next);
    }
}
