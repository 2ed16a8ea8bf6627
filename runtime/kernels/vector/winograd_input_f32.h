/*
 * A lane is a tile. Each row of x is cut into lines first, every (stride m)th pixel one, so that what the tiles of a
 * row have at one place are neighbours; lines are made once for all tiles that overlap there.
 */
enum { POINTS = NNZ_WINOGRAD_POINTS };

/* The vectors of 3 or 4 LANES neighbours as every third or fourth of them. */
VECTOR_INLINE void winograd_part(vec *x, const uint32_t m) {
    if (m == 3) {
        v_unzip_three(x);
    } else {
        vec even[2], odd[2];
        for (int i = 0; i < 2; i++)
            v_unzip(x[2 * i], x[2 * i + 1], &even[i], &odd[i]);
        v_unzip(even[0], even[1], &x[0], &x[2]);
        v_unzip(odd[0], odd[1], &x[1], &x[3]);
    }
}

/* LANES pixels of a row from `column` on; what is outside of it is 0. */
VECTOR_INLINE vec winograd_load(const float *row, int64_t column, int64_t width) {
    if (column >= 0 && column + LANES <= width)
        return v_load(row + column);
    const int64_t first = column < 0 ? -column : 0, end = width - column < LANES ? width - column : LANES;
    return first < end ? v_load_lanes(row + column, 1, v_inside(1, (size_t)first, (size_t)end)) : v_set(0);
}

/* Row `y` of x, from column `left` on, as stride m lines. */
VECTOR_INLINE void winograd_cut(const nnz_winograd_input_f32 *a, int64_t y, float *lines, const uint32_t stride,
                                const uint32_t m) {
    const size_t line = nnz_winograd_line(a->tiles);
    const bool exists = y >= 0 && y < a->height;
    const float *row = a->x + (exists ? y * a->width : 0);
    const int64_t width = exists ? a->width : 0;
    for (size_t i = 0; i < line; i += LANES) {
        const int64_t column = a->left + (int64_t)(stride * m * i);
        vec part[2][NNZ_WINOGRAD_M_MAX];
        for (uint32_t q = 0; q < m; q++) {
            const int64_t at = column + stride * q * LANES;
            part[0][q] = winograd_load(row, at, width);
            if (stride == 2)
                v_unzip(part[0][q], winograd_load(row, at + LANES, width), &part[0][q], &part[1][q]);
        }
        for (uint32_t phase = 0; phase < stride; phase++) {
            winograd_part(part[phase], m);
            for (uint32_t q = 0; q < m; q++)
                v_store(lines + (stride * q + phase) * line + i, part[phase][q]);
        }
    }
}

/* B^T d */
VECTOR_INLINE void winograd_evaluate(const vec *d, vec *v) {
    const vec center = v_set(-2.5f);
    v[0] = v_fma(center, d[2], v_add(d[0], d[4]));
    v[5] = v_fma(center, d[3], v_add(d[1], d[5]));
    const vec even_a = v_fma(v_set(-2), d[2], d[4]), even_b = v_fma(v_set(-0.5f), d[2], d[4]);
    const vec odd_a = v_fma(v_set(-2), d[1], d[3]), odd_b = v_fma(v_set(-0.5f), d[1], d[3]);
    const vec a = v_set((float)NNZ_WINOGRAD_A), b = v_set((float)NNZ_WINOGRAD_B);
    v[1] = v_fma(a, odd_a, even_a);
    v[2] = v_fma(v_neg(a), odd_a, even_a);
    v[3] = v_fma(b, odd_b, even_b);
    v[4] = v_fma(v_neg(b), odd_b, even_b);
}

/* Tiles from `column` on of a row of them, in one phase; `lines` are those of the first row of x. */
VECTOR_INLINE void winograd_tiles(const nnz_winograd_input_f32 *a, const float *lines, uint32_t px, uint32_t column,
                                  float *v, size_t n, const uint32_t stride, const uint32_t m) {
    const size_t line = nnz_winograd_line(a->tiles);
    vec rows[POINTS][POINTS];
    for (uint32_t l = 0; l < POINTS; l++) {
        const uint32_t place = stride * l + px;
        const float *from = lines + place % (stride * m) * line + place / (stride * m) + column;
        vec d[POINTS], points[POINTS];
        for (uint32_t k = 0; k < POINTS; k++)
            d[k] = v_load(from + (size_t)k * stride * stride * m * line);
        winograd_evaluate(d, points);
        for (uint32_t i = 0; i < POINTS; i++)
            rows[i][l] = points[i];
    }
    for (uint32_t i = 0; i < POINTS; i++) {
        vec points[POINTS];
        winograd_evaluate(rows[i], points);
        for (uint32_t j = 0; j < POINTS; j++, v += a->ldpoint)
            if (n >= LANES)
                v_store(v, points[j]);
            else
                v_store_n(v, points[j], n);
    }
}

/* Whole vectors reach into the tiles of the next row, which are written behind them; the last ones end with the tiles.
 */
VECTOR_INLINE void winograd_input(const nnz_winograd_input_f32 *a, const uint32_t stride, const uint32_t m) {
    const size_t row_lines = stride * m * nnz_winograd_line(a->tiles);
    const uint32_t rows = stride * (m * (a->tile_rows - 1) + POINTS);
    for (uint32_t i = 0; i < rows; i++)
        winograd_cut(a, (int64_t)a->top + i, a->lines + i * row_lines, stride, m);
    for (uint32_t row = 0; row < a->tile_rows; row++)
        for (uint32_t phase = 0; phase < stride * stride; phase++)
            for (uint32_t column = 0; column < a->tiles; column += LANES) {
                const size_t tile = (size_t)row * a->tiles + column;
                winograd_tiles(a, a->lines + (stride * m * row + phase / stride) * row_lines, phase % stride, column,
                               a->v + phase * a->ldv + tile, (size_t)a->tile_rows * a->tiles - tile, stride, m);
            }
}

VECTOR_FUNCTION void VECTOR_NAME(winograd_input_f32)(const nnz_winograd_input_f32 *a) {
    if (a->stride == 1 && a->m == 3)
        winograd_input(a, 1, 3);
    else if (a->stride == 1)
        winograd_input(a, 1, 4);
    else if (a->m == 3)
        winograd_input(a, 2, 3);
    else
        winograd_input(a, 2, 4);
}
