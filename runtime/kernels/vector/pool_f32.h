/*
 * pool_f32 in vectors, a row of outputs at a time: the rows of its windows are joined for each column of the input,
 * into a line, then columns of the line. So each input is read once for a row of outputs. A line of a maximum has ends
 * that stand for padding; averages of windows that are not inside are computed one by one.
 */

enum { POOL_LINE = 1024 }; /* columns: one by one where windows are wider, too */

VECTOR_INLINE vec pool_none(const bool is_max) {
    return v_set(is_max ? -INFINITY : 0);
}

VECTOR_INLINE vec pool_join(const bool is_max, vec result, vec x) {
    return is_max ? v_max(x, result) : v_add(x, result);
}

VECTOR_INLINE vec pool_load(const float *x, uint32_t stride, size_t n) {
    if (stride == 1)
        return n == LANES ? v_load(x) : v_load_n(x, n);
    return stride == 2 && n == LANES ? v_load_even(x) : v_gather_n(x, stride, n);
}

VECTOR_INLINE void pool_store(float *y, vec x, size_t n) {
    if (n == LANES)
        v_store(y, x);
    else
        v_store_n(y, x, n);
}

/* line[i]: column i of `rows` rows, from x on. */
VECTOR_INLINE void pool_columns(const nnz_pool_f32 *a, const bool is_max, const float *x, int64_t rows, float *line,
                                size_t count) {
    const size_t row_step = (size_t)a->dilation_h * a->width;
    for (size_t i = 0; i < count; i += LANES) {
        const size_t n = count - i < LANES ? count - i : LANES;
        const float *from = x + i;
        vec result = pool_none(is_max);
        for (int64_t ky = 0; ky < rows; ky++, from += row_step)
            result = pool_join(is_max, result, n == LANES ? v_load(from) : v_load_n(from, n));
        pool_store(line + i, result, n);
    }
}

/* y[i]: the windows of a line; sums are divided by `divisor`. */
VECTOR_INLINE void pool_windows(const nnz_pool_f32 *a, const bool is_max, const float *line, vec divisor, float *y,
                                size_t count) {
    for (size_t i = 0; i < count; i += LANES) {
        if (count - i < LANES && count >= LANES)
            i = count - LANES; /* some outputs twice, rather than a partial vector */
        const size_t n = count - i < LANES ? count - i : LANES;
        const float *from = line + i * a->stride_w;
        vec result = pool_none(is_max);
        for (uint32_t kx = 0; kx < a->kernel_w; kx++, from += a->dilation_w)
            result = pool_join(is_max, result, pool_load(from, a->stride_w, n));
        pool_store(y + i, is_max ? result : v_div(result, divisor), n);
    }
}

/* Columns of the input that the windows of `count` neighbouring outputs span. */
VECTOR_INLINE uint64_t pool_span(const nnz_pool_f32 *a, uint32_t count) {
    return (count - 1) * (uint64_t)a->stride_w + (a->kernel_w - 1) * (uint64_t)a->dilation_w + 1;
}

/* Outputs [begin, end) of row oy, which span a line at most. */
VECTOR_INLINE void pool_part(const nnz_pool_f32 *a, const bool is_max, uint32_t oy, uint32_t begin, uint32_t end,
                             float *y) {
    const int64_t top = nnz_pool_start(oy, a->stride_h, a->pad_top);
    const int64_t left = nnz_pool_start(begin, a->stride_w, a->pad_left), right = a->width - left;
    const nnz_taps rows = nnz_pool_taps(top, a->dilation_h, a->kernel_h, 0, a->height);
    const size_t span = (size_t)pool_span(a, end - begin);
    const size_t first = left < 0 ? (size_t)-left : 0, last = right < (int64_t)span ? (size_t)right : span;
    float memory[POOL_LINE + LANES], *line = memory + (LANES - first % LANES) % LANES;
    for (size_t i = 0; i < first; i++)
        line[i] = -INFINITY;
    for (size_t i = last; i < span; i++)
        line[i] = -INFINITY;
    const float *x = a->x + (top + rows.begin * a->dilation_h) * a->width + (left + (int64_t)first);
    pool_columns(a, is_max, x, rows.end - rows.begin, line + first, last - first);
    const vec divisor = v_set(is_max ? 1 : nnz_pool_divisor(a, oy, begin));
    pool_windows(a, is_max, line, divisor, y + begin, end - begin);
}

/* The outputs of a row whose windows lie inside of the input's columns: [begin, end). */
VECTOR_INLINE void pool_inside(const nnz_pool_f32 *a, uint32_t *begin, uint32_t *end) {
    const int64_t extent = (int64_t)(a->kernel_w - 1) * a->dilation_w;
    const int64_t first = ((int64_t)a->pad_left + a->stride_w - 1) / a->stride_w;
    const int64_t room =
        (int64_t)a->width + a->pad_left - extent; /* a window starts left of this, from the padding on */
    const int64_t last = room > 0 ? (room + a->stride_w - 1) / a->stride_w : 0;
    *end = (uint32_t)(last < a->out_width ? last : a->out_width);
    *begin = (uint32_t)(first < *end ? first : *end);
}

VECTOR_INLINE void pool_rows(const nnz_pool_f32 *a, const bool is_max) {
    const uint64_t window = pool_span(a, 1);
    const uint32_t most = window > POOL_LINE ? 0 : (uint32_t)(1 + (POOL_LINE - window) / a->stride_w);
    uint32_t begin = 0, end = most ? a->out_width : 0;
    if (most && !is_max)
        pool_inside(a, &begin, &end);
    float *y = a->y;
    for (uint32_t oy = 0; oy < a->out_height; oy++, y += a->out_width) {
        for (uint32_t ox = 0; ox < begin; ox++)
            y[ox] = nnz_pool_one(a, oy, ox);
        for (uint32_t ox = begin, n; ox < end; ox += n) {
            n = end - ox < most ? end - ox : most;
            pool_part(a, is_max, oy, ox, ox + n, y);
        }
        for (uint32_t ox = end; ox < a->out_width; ox++)
            y[ox] = nnz_pool_one(a, oy, ox);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(pool_f32)(const nnz_pool_f32 *a) {
    if (a->function == NNZ_POOL_MAX)
        pool_rows(a, true);
    else
        pool_rows(a, false);
}
