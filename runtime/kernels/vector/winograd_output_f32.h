/* A lane is a tile: its sums are neighbours, and become a row of outputs when m vectors of them are zipped. */
enum { POINTS = NNZ_WINOGRAD_POINTS };

/* The vectors of every third or fourth of 3 or 4 LANES neighbours as these neighbours. */
VECTOR_INLINE void winograd_join(vec *x, const uint32_t m) {
    if (m == 3) {
        v_zip_three(x);
    } else {
        vec even[2], odd[2];
        v_zip(x[0], x[2], &even[0], &even[1]);
        v_zip(x[1], x[3], &odd[0], &odd[1]);
        for (int i = 0; i < 2; i++)
            v_zip(even[i], odd[i], &x[2 * i], &x[2 * i + 1]);
    }
}

/* A^T p */
VECTOR_INLINE void winograd_interpolate(const vec *p, vec *y, const uint32_t m) {
    const float a = (float)NNZ_WINOGRAD_A, b = (float)NNZ_WINOGRAD_B;
    const vec sum_a = v_add(p[1], p[2]), difference_a = v_sub(p[1], p[2]);
    const vec sum_b = v_add(p[3], p[4]), difference_b = v_sub(p[3], p[4]);
    y[0] = v_add(p[0], v_add(sum_a, sum_b));
    y[1] = v_fma(v_set(b), difference_b, v_mul(v_set(a), difference_a));
    if (m == 3) {
        y[2] = v_fma(v_set(2), sum_b, v_fma(v_set(0.5f), sum_a, p[5]));
    } else {
        y[2] = v_fma(v_set(2), sum_b, v_mul(v_set(0.5f), sum_a));
        y[3] = v_fma(v_set(2 * b), difference_b, v_fma(v_set(0.5f * a), difference_a, p[5]));
    }
}

/* A row of the weights: its outputs, and what they are finished with. */
typedef struct winograd_row {
    float *y;
    const float *residual; /* or NULL */
    vec bias, lo, hi;
} winograd_row;

/* Up to LANES outputs from `at` on. */
VECTOR_INLINE void winograd_finish(const winograd_row *r, size_t at, vec sum, size_t n) {
    sum = v_add(sum, r->bias);
    if (r->residual)
        sum = v_add(sum, n >= LANES ? v_load(r->residual + at) : v_load_n(r->residual + at, n));
    sum = v_min(r->hi, v_max(r->lo, sum));
    if (n >= LANES)
        v_store(r->y + at, sum);
    else
        v_store_n(r->y + at, sum, n);
}

/* The outputs of LANES tiles from (row, column) on, whose products begin at `from`. */
VECTOR_INLINE void winograd_tiles(const nnz_winograd_output_f32 *a, const winograd_row *r, const float *from,
                                  uint32_t row, uint32_t column, const uint32_t m) {
    vec rows[NNZ_WINOGRAD_M_MAX][POINTS], y[NNZ_WINOGRAD_M_MAX];
    for (uint32_t l = 0; l < POINTS; l++) {
        vec p[POINTS];
        for (uint32_t k = 0; k < POINTS; k++)
            p[k] = v_load(from + (POINTS * k + l) * a->ldpoint);
        winograd_interpolate(p, y, m);
        for (uint32_t i = 0; i < m; i++)
            rows[i][l] = y[i];
    }
    for (uint32_t i = 0; i < m && m * row + i < a->height; i++) {
        winograd_interpolate(rows[i], y, m);
        winograd_join(y, m);
        for (uint32_t q = 0; q < m; q++) {
            const size_t x = (size_t)m * column + q * LANES;
            if (x < a->width)
                winograd_finish(r, (size_t)(m * row + i) * a->width + x, y[q], a->width - x);
        }
    }
}

VECTOR_INLINE void winograd_output(const nnz_winograd_output_f32 *a, const uint32_t m) {
    for (uint32_t i = 0; i < a->rows; i++) {
        const winograd_row r = {
            .y = a->y + i * a->ldy,
            .residual = a->residual ? a->residual + i * a->ldr : NULL,
            .bias = v_set(a->bias ? a->bias[i] : 0),
            .lo = v_set(a->lo),
            .hi = v_set(a->hi),
        };
        const float *from = a->products + i * a->ldproducts;
        for (uint32_t row = 0; row < a->tile_rows; row++, from += a->tiles)
            for (uint32_t column = 0; column < a->tiles; column += LANES)
                winograd_tiles(a, &r, from + column, row, column, m);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(winograd_output_f32)(const nnz_winograd_output_f32 *a) {
    if (a->m == 3)
        winograd_output(a, 3);
    else
        winograd_output(a, 4);
}
