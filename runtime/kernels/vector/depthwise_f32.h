/* Columns of LANES outputs, from the top row to the bottom one. DEPTHWISE_ROWS: rows of a 3 x 3 window's outputs whose
 * sums and weights the registers hold. */

/* The lanes of a vector of outputs whose input at a tap lies inside the row, and where the first lane's lies. */
typedef struct span {
    int64_t at;
    size_t first, end;
} span;

VECTOR_INLINE span depthwise_span(const nnz_depthwise_f32 *a, uint32_t ox, uint32_t kx, const uint32_t stride) {
    const int64_t at = (int64_t)ox * stride + (int64_t)kx * a->dilation_w - a->pad_left;
    const uint32_t left = at < a->width ? (uint32_t)(a->width - at) : 0; /* from lane 0 to the end of the row */
    const uint32_t lanes = a->out_width - ox < LANES ? a->out_width - ox : LANES;
    const uint32_t first = at < 0 ? ((uint32_t)-at + stride - 1) / stride : 0;
    const uint32_t inside = left / stride + (left % stride != 0), end = inside < lanes ? inside : lanes;
    return (span){at, first < end ? first : 0, first < end ? end : 0};
}

VECTOR_INLINE vec depthwise_load(const float *row, span s, const uint32_t stride) {
    return s.end - s.first == LANES && stride == 1 ? v_load(row + s.at)
                                                   : v_load_lanes(row + s.at, stride, s.first, s.end);
}

VECTOR_INLINE void depthwise_store(const nnz_depthwise_f32 *a, int64_t oy, uint32_t ox, vec sum) {
    const size_t n = a->out_width - ox < LANES ? a->out_width - ox : LANES, at = (size_t)oy * a->out_width + ox;
    if (a->residual)
        sum = v_add(sum, v_load_n(a->residual + at, n));
    sum = v_min(v_set(a->hi), v_max(v_set(a->lo), sum));
    if (n == LANES)
        v_store(a->y + at, sum);
    else
        v_store_n(a->y + at, sum, n);
}

/* Row i of the DEPTHWISE_ROWS + 2 rows of x that feed the sums of outputs from row oy on; `inside`: x has it. */
VECTOR_INLINE void depthwise_add_row(const nnz_depthwise_f32 *a, int64_t oy, const int i, const span spans[3],
                                     const bool whole, const bool inside, const vec w[9], vec sum[DEPTHWISE_ROWS]) {
    const int64_t iy = oy + i - a->pad_top;
    if (!inside && (iy < 0 || iy >= a->height))
        return;
    const float *row = a->x + iy * a->width + spans[0].at;
    for (int kx = 0; kx < 3; kx++) {
        const vec x = v_keep(whole ? v_load(row + kx) : v_load_lanes(row + kx, 1, spans[kx].first, spans[kx].end));
        for (int r = 0; r < DEPTHWISE_ROWS; r++)
            if (i - r >= 0 && i - r < 3)
                sum[r] = v_fma(w[3 * (i - r) + kx], x, sum[r]);
    }
}

/* Rows of outputs from oy on: as many independent sums, and each row of x is loaded once for them. */
VECTOR_INLINE void depthwise_rows(const nnz_depthwise_f32 *a, int64_t oy, uint32_t ox, const span spans[3],
                                  const bool whole, const bool inside, const vec w[9]) {
    vec sum[DEPTHWISE_ROWS];
    for (int r = 0; r < DEPTHWISE_ROWS; r++)
        sum[r] = v_set(a->bias);
    depthwise_add_row(a, oy, 0, spans, whole, inside, w, sum);
    depthwise_add_row(a, oy, 1, spans, whole, inside, w, sum);
    depthwise_add_row(a, oy, 2, spans, whole, inside, w, sum);
    depthwise_add_row(a, oy, 3, spans, whole, inside, w, sum);
#if DEPTHWISE_ROWS == 4
    depthwise_add_row(a, oy, 4, spans, whole, inside, w, sum);
    depthwise_add_row(a, oy, 5, spans, whole, inside, w, sum);
#endif
    for (int r = 0; r < DEPTHWISE_ROWS; r++)
        if (inside || oy + r < a->out_height)
            depthwise_store(a, oy + r, ox, sum[r]);
}

/* `whole`: all lanes of all taps lie inside the rows of x. */
VECTOR_INLINE void depthwise_3x3_stride1(const nnz_depthwise_f32 *a, uint32_t ox, const span spans[3], const bool whole,
                                         const vec w[9]) {
    for (int64_t oy = 0; oy < a->out_height; oy += DEPTHWISE_ROWS) {
        const int64_t first = oy - a->pad_top;
        if (first >= 0 && first + DEPTHWISE_ROWS + 2 <= a->height && oy + DEPTHWISE_ROWS <= a->out_height)
            depthwise_rows(a, oy, ox, spans, whole, true, w);
        else
            depthwise_rows(a, oy, ox, spans, whole, false, w);
    }
}

/* The three taps of row iy. */
VECTOR_INLINE void depthwise_row(const nnz_depthwise_f32 *a, int64_t iy, const span spans[3], const bool whole,
                                 vec x[3]) {
    const bool inside = iy >= 0 && iy < a->height;
    const float *row = a->x + iy * a->width + spans[0].at;
    for (int kx = 0; kx < 3; kx++)
        x[kx] =
            !inside ? v_set(0) : v_load_lanes(row + kx, 2, whole ? 0 : spans[kx].first, whole ? LANES : spans[kx].end);
}

VECTOR_INLINE void depthwise_3x3_stride2(const nnz_depthwise_f32 *a, uint32_t ox, const span spans[3], const bool whole,
                                         const vec w[9]) {
    vec top[3], middle[3], bottom[3];
    depthwise_row(a, -(int64_t)a->pad_top, spans, whole, top);
    for (int64_t oy = 0; oy < a->out_height; oy++) {
        const int64_t iy = 2 * oy - a->pad_top;
        depthwise_row(a, iy + 1, spans, whole, middle);
        depthwise_row(a, iy + 2, spans, whole, bottom);
        vec sum = v_set(a->bias);
        for (int kx = 0; kx < 3; kx++)
            sum = v_fma(w[kx], top[kx], sum);
        for (int kx = 0; kx < 3; kx++)
            sum = v_fma(w[3 + kx], middle[kx], sum);
        for (int kx = 0; kx < 3; kx++) {
            sum = v_fma(w[6 + kx], bottom[kx], sum);
            top[kx] = bottom[kx];
        }
        depthwise_store(a, oy, ox, sum);
    }
}

VECTOR_INLINE void depthwise_any(const nnz_depthwise_f32 *a, uint32_t ox) {
    enum { SPANS = 16 };
    span spans[SPANS];
    for (uint32_t kx = 0; kx < a->kernel_w && kx < SPANS; kx++)
        spans[kx] = depthwise_span(a, ox, kx, a->stride_w);
    for (int64_t oy = 0; oy < a->out_height; oy++) {
        vec sum = v_set(a->bias);
        for (uint32_t ky = 0; ky < a->kernel_h; ky++) {
            const int64_t iy = oy * a->stride_h + (int64_t)ky * a->dilation_h - a->pad_top;
            if (iy < 0 || iy >= a->height)
                continue;
            for (uint32_t kx = 0; kx < a->kernel_w; kx++) {
                const span s = kx < SPANS ? spans[kx] : depthwise_span(a, ox, kx, a->stride_w);
                const vec xv = depthwise_load(a->x + iy * a->width, s, a->stride_w);
                sum = v_fma(v_set(a->w[ky * a->kernel_w + kx]), xv, sum);
            }
        }
        depthwise_store(a, oy, ox, sum);
    }
}

VECTOR_INLINE void depthwise_3x3(const nnz_depthwise_f32 *a, const uint32_t stride) {
    vec w[9];
    for (int i = 0; i < 9; i++)
        w[i] = v_set(a->w[i]);
    for (uint32_t ox = 0; ox < a->out_width; ox += LANES) {
        span spans[3];
        for (uint32_t kx = 0; kx < 3; kx++)
            spans[kx] = depthwise_span(a, ox, kx, stride);
        bool whole = true;
        for (uint32_t kx = 0; kx < 3; kx++)
            whole = whole && spans[kx].end - spans[kx].first == LANES;
        if (stride == 1 && whole)
            depthwise_3x3_stride1(a, ox, spans, true, w);
        else if (stride == 1)
            depthwise_3x3_stride1(a, ox, spans, false, w);
        else if (whole)
            depthwise_3x3_stride2(a, ox, spans, true, w);
        else
            depthwise_3x3_stride2(a, ox, spans, false, w);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(depthwise_f32)(const nnz_depthwise_f32 *arguments) {
    const nnz_depthwise_f32 copy = *arguments,
                            *a = &copy; /* nothing that is stored changes it: it stays in registers */
    const bool is_3x3 = a->kernel_h == 3 && a->kernel_w == 3 && a->dilation_h == 1 && a->dilation_w == 1;
    if (is_3x3 && a->stride_h == 1 && a->stride_w == 1)
        depthwise_3x3(a, 1);
    else if (is_3x3 && a->stride_h == 2 && a->stride_w == 2)
        depthwise_3x3(a, 2);
    else
        for (uint32_t ox = 0; ox < a->out_width; ox += LANES)
            depthwise_any(a, ox);
}
