/* pool_s8 in vectors: a word is a pixel's four channels. The outputs of a row whose windows lie inside the input's
 * columns are computed together; the others are vectors of one pixel, whose windows have fewer columns. */

/* Outputs [begin, end) of a row have all their columns inside. */
VECTOR_INLINE void pool_s8_inside(const nnz_pool_s8 *a, uint32_t *begin, uint32_t *end) {
    const int64_t extent = (int64_t)(a->kernel_w - 1) * a->dilation_w;
    const int64_t first = ((int64_t)a->pad_left + a->stride_w - 1) / a->stride_w;
    const int64_t room = (int64_t)a->width + a->pad_left - extent;
    const int64_t last = room > 0 ? (room + a->stride_w - 1) / a->stride_w : 0;
    *end = (uint32_t)(last < a->out_width ? last : a->out_width);
    *begin = (uint32_t)(first < *end ? first : *end);
}

/* Pixels x, x + stride, ...: n of them. */
VECTOR_INLINE ivec pool_s8_load(const int8_t *x, uint32_t stride, size_t n) {
    if (stride == 1 || n == 1)
        return i_load_n(x, n);
    return stride == 2 && n == LANES ? i_load_even(x) : i_gather_n(x, stride, n);
}

VECTOR_INLINE ivec pool_s8_max(const nnz_pool_s8 *a, const int8_t *x, int64_t rows, int64_t columns, size_t n) {
    ivec max = i_set_bytes(INT8_MIN);
    for (int64_t ky = 0; ky < rows; ky++, x += 4 * (size_t)a->dilation_h * a->width)
        for (int64_t kx = 0; kx < columns; kx++)
            max = i_max_bytes(max, pool_s8_load(x + 4 * kx * a->dilation_w, a->stride_w, n));
    return i_clamp_bytes(max, a->lo, a->hi);
}

VECTOR_INLINE ivec pool_s8_average(const nnz_pool_s8 *a, const int8_t *x, int64_t rows, int64_t columns,
                                   ivec multiplier, size_t n) {
    const ivec start = i_set((int32_t)(-a->zero_x * rows * columns));
    ivec sum[4] = {start, start, start, start};
    for (int64_t ky = 0; ky < rows; ky++, x += 4 * (size_t)a->dilation_h * a->width)
        for (int64_t kx = 0; kx < columns; kx++) {
            const ivec v = pool_s8_load(x + 4 * kx * a->dilation_w, a->stride_w, n);
            for (int c = 0; c < 4; c++)
                sum[c] = i_add(sum[c], i_byte(v, c));
        }
    for (int c = 0; c < 4; c++)
        sum[c] = i_requantize(sum[c], multiplier, a->shift, i_rounding(a->zero));
    return i_clamp_bytes(i_narrow_channels(i_narrow_pair(sum[0], sum[1]), i_narrow_pair(sum[2], sum[3])), a->lo, a->hi);
}

/* Outputs [begin, end) of row oy, all inside or a single one. */
VECTOR_INLINE void pool_s8_outputs(const nnz_pool_s8 *a, bool is_max, uint32_t oy, uint32_t begin, uint32_t end,
                                   int8_t *y) {
    const int64_t top = nnz_pool_start(oy, a->stride_h, a->pad_top);
    const int64_t left = nnz_pool_start(begin, a->stride_w, a->pad_left);
    const nnz_taps rows = nnz_pool_taps(top, a->dilation_h, a->kernel_h, 0, a->height);
    const nnz_taps columns = nnz_pool_taps(left, a->dilation_w, a->kernel_w, 0, a->width);
    const int64_t high = rows.end - rows.begin, wide = columns.end - columns.begin;
    const int8_t *x = a->x + 4 * ((top + rows.begin * a->dilation_h) * a->width + left + columns.begin * a->dilation_w);
    const ivec multiplier = i_set(is_max ? 0 : nnz_pool_s8_multiplier(a, oy, begin));
    for (uint32_t at = begin; at < end; at += LANES) {
        /* The last vector is a whole one, too, where there are as many outputs: some are computed twice. */
        const uint32_t rest = end - at, ox = rest < LANES && end - begin >= LANES ? end - LANES : at;
        const size_t n = end - ox < LANES ? end - ox : LANES;
        const int8_t *first = x + 4 * (size_t)(ox - begin) * a->stride_w;
        i_store_n(y + 4 * (size_t)ox,
                  is_max ? pool_s8_max(a, first, high, wide, n) : pool_s8_average(a, first, high, wide, multiplier, n),
                  n);
    }
}

/* A row of outputs, of which [begin, end) are inside. */
VECTOR_INLINE void pool_s8_row(const nnz_pool_s8 *a, bool is_max, uint32_t oy, uint32_t begin, uint32_t end,
                               int8_t *y) {
    for (uint32_t ox = 0, next; ox < a->out_width; ox = next) {
        next = ox == begin && begin < end ? end : ox + 1;
        pool_s8_outputs(a, is_max, oy, ox, next, y);
    }
}

/* Whether there is one output, of the whole plane. */
VECTOR_INLINE bool pool_s8_is_whole(const nnz_pool_s8 *a) {
    return a->kernel_h == a->height && a->kernel_w == a->width && a->dilation_h == 1 && a->dilation_w == 1 &&
           !(a->pad_top | a->pad_left | a->pad_bottom | a->pad_right);
}

VECTOR_INLINE void pool_s8_whole_average(const nnz_pool_s8 *a) {
    const uint32_t pixels = a->height * a->width;
    ivec sum[4] = {i_set(0), i_set(0), i_set(0), i_set(0)};
    for (uint32_t p = 0; p < pixels; p += LANES) {
        const ivec v = i_load_n(a->x + 4 * (size_t)p, pixels - p < LANES ? pixels - p : LANES);
        for (int c = 0; c < 4; c++)
            sum[c] = i_add(sum[c], i_byte(v, c));
    }
    for (int c = 0; c < 4; c++) {
        int32_t lanes[LANES], all = -a->zero_x * (int32_t)pixels;
        __builtin_memcpy(lanes, sum + c, sizeof lanes);
        for (int i = 0; i < LANES; i++)
            all += lanes[i];
        const int32_t average = a->zero + nnz_requantize(all, a->multiplier[pixels], a->shift);
        a->y[c] = (int8_t)nnz_clamp(average, a->lo, a->hi);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(pool_s8)(const nnz_pool_s8 *a) {
    uint32_t begin, end;
    if (a->function != NNZ_POOL_MAX && pool_s8_is_whole(a)) {
        pool_s8_whole_average(a);
        return;
    }
    pool_s8_inside(a, &begin, &end);
    int8_t *y = a->y;
    for (uint32_t oy = 0; oy < a->out_height; oy++, y += 4 * (size_t)a->out_width) {
        if (a->function == NNZ_POOL_MAX)
            pool_s8_row(a, true, oy, begin, end, y);
        else
            pool_s8_row(a, false, oy, begin, end, y);
    }
}
