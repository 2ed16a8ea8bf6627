/* pool_f32 in vectors: the outputs of a row whose windows lie inside the input's columns; the others one by one. */

/* Outputs [begin, end) of a row have all their columns inside. */
VECTOR_INLINE void pool_inside(const nnz_pool_f32 *a, uint32_t *begin, uint32_t *end) {
    const int64_t extent = (int64_t)(a->kernel_w - 1) * a->dilation_w;
    const int64_t first = ((int64_t)a->pad_left + a->stride_w - 1) / a->stride_w;
    const int64_t room =
        (int64_t)a->width + a->pad_left - extent; /* a window starts left of this, from the padding on */
    const int64_t last = room > 0 ? (room + a->stride_w - 1) / a->stride_w : 0;
    *end = (uint32_t)(last < a->out_width ? last : a->out_width);
    *begin = (uint32_t)(first < *end ? first : *end);
}

VECTOR_INLINE vec pool_load(const float *x, uint32_t stride, size_t n) {
    if (stride == 1)
        return n == LANES ? v_load(x) : v_load_n(x, n);
    return stride == 2 && n == LANES ? v_load_even(x) : v_gather_n(x, stride, n);
}

/* n neighbouring outputs, at most LANES, from x: the first tap of the first of them, in row 0 of the window; `rows`
 * taps lie inside. */
VECTOR_INLINE vec pool_vector(const nnz_pool_f32 *a, bool is_max, const float *x, nnz_taps rows, size_t n) {
    const size_t row_step = (size_t)a->dilation_h * a->width;
    vec result = v_set(is_max ? -INFINITY : 0);
    for (int64_t ky = rows.begin; ky < rows.end; ky++, x += row_step)
        for (size_t kx = 0; kx < a->kernel_w; kx++) {
            const vec v = pool_load(x + kx * a->dilation_w, a->stride_w, n);
            result = is_max ? v_max(v, result) : v_add(v, result);
        }
    return result;
}

VECTOR_INLINE void pool_row(const nnz_pool_f32 *a, bool is_max, uint32_t oy, uint32_t begin, uint32_t end, float *y) {
    const int64_t top = nnz_pool_start(oy, a->stride_h, a->pad_top);
    const nnz_taps rows = nnz_pool_taps(top, a->dilation_h, a->kernel_h, 0, a->height);
    const float *x = a->x + (top + rows.begin * a->dilation_h) * a->width;
    const vec scale = v_set(is_max ? 1 : nnz_pool_divisor(a, oy, begin));
    for (uint32_t ox = begin; ox < end; ox += LANES) {
        if (end - ox < LANES && end - begin >= LANES)
            ox = end - LANES; /* some outputs twice, rather than a partial vector */
        const size_t n = end - ox < LANES ? end - ox : LANES;
        vec v = pool_vector(a, is_max, x + nnz_pool_start(ox, a->stride_w, a->pad_left), rows, n);
        if (!is_max)
            v = v_div(v, scale);
        if (n == LANES)
            v_store(y + ox, v);
        else
            v_store_n(y + ox, v, n);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(pool_f32)(const nnz_pool_f32 *a) {
    uint32_t begin, end;
    pool_inside(a, &begin, &end);
    float *y = a->y;
    for (uint32_t oy = 0; oy < a->out_height; oy++, y += a->out_width) {
        for (uint32_t ox = 0; ox < begin; ox++)
            y[ox] = nnz_pool_one(a, oy, ox);
        if (begin < end && a->function == NNZ_POOL_MAX)
            pool_row(a, true, oy, begin, end, y);
        else if (begin < end)
            pool_row(a, false, oy, begin, end, y);
        for (uint32_t ox = end; ox < a->out_width; ox++)
            y[ox] = nnz_pool_one(a, oy, ox);
    }
}
