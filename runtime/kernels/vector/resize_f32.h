/* resize_f32: the columns of a vector of outputs, looked up in one vector of inputs where they lie that near, are found
 * once for all rows. Before it: vlanes, v_lanes() and v_look_up(). */

VECTOR_INLINE void sum_rows(const nnz_resize_f32 *a, uint32_t r) {
    const int32_t *index = a->row_index + (size_t)r * a->taps;
    const float *weight = a->row_weight + (size_t)r * a->taps;
    float *z = a->z + (size_t)r * a->width;
    for (size_t j = 0, n; j < a->width; j += n) {
        n = a->width - j < LANES ? a->width - j : LANES;
        vec sum = v_set(0);
        for (uint32_t t = 0; t < a->taps; t++)
            sum = v_fma(v_set(weight[t]), v_load_n(a->x + (size_t)index[t] * a->width + j, n), sum);
        v_store_n(z + j, sum, n);
    }
}

/* x[0], x[stride], ...: n lanes, the others 0. */
VECTOR_INLINE vec load_every(const float *x, const uint32_t stride, const size_t n) {
    if (n == LANES && stride == 1)
        return v_load(x);
    if (n == LANES && stride == 2)
        return v_load_even(x);
    return v_load_lanes(x, stride, v_inside(stride, 0, n));
}

/* n outputs from column i on, in all rows. */
VECTOR_INLINE void sum_columns(const nnz_resize_f32 *a, const uint32_t taps, size_t i, const size_t n) {
    vec sums[NNZ_RESIZE_ROWS];
    for (uint32_t t = 0; t < taps; t++) {
        const size_t at = i * taps + t;
        const vec weight = load_every(a->column_weight + at, taps, n);
        const vec index = load_every((const float *)(const void *)(a->column_index + at), taps, n);
        const vlanes lanes = v_lanes(index, a->column_index[at], n);
        const bool inner = lanes.near && (size_t)lanes.first + LANES <= a->width;
        for (uint32_t r = 0; r < a->rows; r++) {
            const float *z = a->z + (size_t)r * a->width;
            const vec x = inner ? v_permute(v_load(z + lanes.first), lanes) : v_look_up(z, a->width, lanes);
            sums[r] = t ? v_fma(weight, x, sums[r]) : v_mul(weight, x);
        }
    }
    for (uint32_t r = 0; r < a->rows; r++)
        v_store_n(a->y + (size_t)r * a->out_width + i, sums[r], n);
}

VECTOR_INLINE void sum_all_columns(const nnz_resize_f32 *a, const uint32_t taps) {
    size_t i = 0;
    for (; i + LANES <= a->out_width; i += LANES)
        sum_columns(a, taps, i, LANES);
    if (i < a->out_width)
        sum_columns(a, taps, i, a->out_width - i);
}

VECTOR_FUNCTION void VECTOR_NAME(resize_f32)(const nnz_resize_f32 *a) {
    for (uint32_t r = 0; r < a->rows; r++)
        sum_rows(a, r);
    if (a->taps == 1)
        sum_all_columns(a, 1);
    else if (a->taps == 2)
        sum_all_columns(a, 2);
    else
        sum_all_columns(a, a->taps);
}
