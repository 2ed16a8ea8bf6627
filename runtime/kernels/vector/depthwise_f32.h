/*
 * Columns of LANES outputs, from the top row to the bottom one. In windows of 3 x 3 each row of x is loaded once, and
 * feeds the three rows of sums (or with stride 2, the two) that it belongs to.
 */

/* The lanes of a vector of outputs whose input at a tap lies inside the row, and where the first lane's lies. */
typedef struct span {
    int64_t at;
    size_t first, end;
} span;

VECTOR_INLINE span depthwise_span(const nnz_depthwise_f32 *a, uint32_t ox, uint32_t kx) {
    const int64_t stride = a->stride_w, at = (int64_t)ox * stride + (int64_t)kx * a->dilation_w - a->pad_left;
    const int64_t first = at < 0 ? (stride - 1 - at) / stride : 0, inside = (a->width - at + stride - 1) / stride;
    const int64_t lanes = a->out_width - ox < LANES ? a->out_width - ox : LANES;
    const int64_t end = at >= a->width ? 0 : inside < lanes ? inside : lanes;
    return (span){at, (size_t)(first < end ? first : 0), (size_t)(first < end ? end : 0)};
}

VECTOR_INLINE vec depthwise_load(const float *row, span s, uint32_t stride) {
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

/* For a padding of at most 2: row iy of x belongs to the window rows 0, 1, 2 of the outputs iy + pad, iy + pad - 1, iy
 * + pad - 2: `next`, `middle`, `done`. */
VECTOR_INLINE void depthwise_3x3_stride1(const nnz_depthwise_f32 *a, uint32_t ox, const span spans[3], const vec w[9]) {
    const vec bias = v_set(a->bias);
    const int64_t rows = a->out_height;
    const float *x = a->x;
    vec middle = bias, done = bias;
    int64_t oy = (int64_t)a->pad_top - 2;
    for (uint32_t iy = 0; iy < a->height; iy++, oy++, x += a->width) {
        vec next = bias;
        for (int kx = 0; kx < 3; kx++) {
            const vec xv = depthwise_load(x, spans[kx], 1);
            next = v_fma(w[kx], xv, next);
            middle = v_fma(w[3 + kx], xv, middle);
            done = v_fma(w[6 + kx], xv, done);
        }
        if (oy >= 0 && oy < rows)
            depthwise_store(a, oy, ox, done);
        done = middle;
        middle = next;
    }
    for (; oy < rows; oy++) {
        if (oy >= 0)
            depthwise_store(a, oy, ox, done);
        done = middle;
        middle = bias;
    }
}

/* The three taps of row iy. */
VECTOR_INLINE void depthwise_row(const nnz_depthwise_f32 *a, int64_t iy, const span spans[3], vec x[3]) {
    const bool inside = iy >= 0 && iy < a->height;
    for (int kx = 0; kx < 3; kx++)
        x[kx] = inside ? depthwise_load(a->x + iy * a->width, spans[kx], 2) : v_set(0);
}

VECTOR_INLINE void depthwise_3x3_stride2(const nnz_depthwise_f32 *a, uint32_t ox, const span spans[3], const vec w[9]) {
    vec top[3], middle[3], bottom[3];
    depthwise_row(a, -(int64_t)a->pad_top, spans, top);
    for (int64_t oy = 0; oy < a->out_height; oy++) {
        const int64_t iy = 2 * oy - a->pad_top;
        depthwise_row(a, iy + 1, spans, middle);
        depthwise_row(a, iy + 2, spans, bottom);
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
        spans[kx] = depthwise_span(a, ox, kx);
    for (int64_t oy = 0; oy < a->out_height; oy++) {
        vec sum = v_set(a->bias);
        for (uint32_t ky = 0; ky < a->kernel_h; ky++) {
            const int64_t iy = oy * a->stride_h + (int64_t)ky * a->dilation_h - a->pad_top;
            if (iy < 0 || iy >= a->height)
                continue;
            for (uint32_t kx = 0; kx < a->kernel_w; kx++) {
                const span s = kx < SPANS ? spans[kx] : depthwise_span(a, ox, kx);
                const vec xv = depthwise_load(a->x + iy * a->width, s, a->stride_w);
                sum = v_fma(v_set(a->w[ky * a->kernel_w + kx]), xv, sum);
            }
        }
        depthwise_store(a, oy, ox, sum);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(depthwise_f32)(const nnz_depthwise_f32 *a) {
    const bool is_3x3 = a->kernel_h == 3 && a->kernel_w == 3 && a->dilation_h == 1 && a->dilation_w == 1;
    const uint32_t stride = a->stride_h == a->stride_w ? a->stride_h : 0;
    for (uint32_t ox = 0; ox < a->out_width; ox += LANES) {
        if (!is_3x3 || stride < 1 || stride > 2 || a->pad_top > 2) {
            depthwise_any(a, ox);
            continue;
        }
        const span spans[3] = {depthwise_span(a, ox, 0), depthwise_span(a, ox, 1), depthwise_span(a, ox, 2)};
        vec w[9];
        for (int i = 0; i < 9; i++)
            w[i] = v_set(a->w[i]);
        if (stride == 1)
            depthwise_3x3_stride1(a, ox, spans, w);
        else
            depthwise_3x3_stride2(a, ox, spans, w);
    }
}
