/* LANES neighbouring outputs of up to ROWS rows at a time; 3 x 3 windows are unrolled and share their rows of x. */

VECTOR_INLINE vec depthwise_load(const float *x, uint32_t stride, size_t n) {
    return stride == 1 ? v_load(x) : stride == 2 ? v_load_even(x) : v_gather_n(x, stride, n);
}

VECTOR_INLINE void depthwise_store(const nnz_depthwise_f32 *a, size_t at, vec sum, size_t n) {
    if (a->residual)
        sum = v_add(sum, n == LANES ? v_load(a->residual + at) : v_load_n(a->residual + at, n));
    sum = v_min(v_set(a->hi), v_max(v_set(a->lo), sum));
    if (n == LANES)
        v_store(a->y + at, sum);
    else
        v_store_n(a->y + at, sum, n);
}

/* ROWS rows of outputs from row oy on, windows of 3 x 3 without dilation. */
VECTOR_INLINE void depthwise_3x3(const nnz_depthwise_f32 *a, uint32_t oy, const int ROWS, const uint32_t STRIDE) {
    vec w[9];
    for (int i = 0; i < 9; i++)
        w[i] = v_set(a->w[i]);
    for (uint32_t ox = 0; ox < a->out_width; ox += LANES) {
        const size_t n = a->out_width - ox < LANES ? a->out_width - ox : LANES;
        const float *x = a->x + (size_t)oy * STRIDE * a->ldx + (size_t)ox * STRIDE;
        vec sum[4];
        for (int r = 0; r < ROWS; r++)
            sum[r] = v_set(a->bias);
        for (int line = 0; line < (ROWS - 1) * (int)STRIDE + 3; line++, x += a->ldx)
            for (int kx = 0; kx < 3; kx++) {
                vec xv = depthwise_load(x + kx, STRIDE, n);
                for (int r = 0; r < ROWS; r++) {
                    const int ky = line - r * (int)STRIDE;
                    if (ky >= 0 && ky < 3)
                        sum[r] = v_fma(w[3 * ky + kx], xv, sum[r]);
                }
            }
        for (int r = 0; r < ROWS; r++)
            depthwise_store(a, ((size_t)oy + (size_t)r) * a->out_width + ox, sum[r], n);
    }
}

VECTOR_INLINE void depthwise_any(const nnz_depthwise_f32 *a, uint32_t oy) {
    for (uint32_t ox = 0; ox < a->out_width; ox += LANES) {
        const size_t n = a->out_width - ox < LANES ? a->out_width - ox : LANES;
        const float *x = a->x + (size_t)oy * a->stride_h * a->ldx + (size_t)ox * a->stride_w, *w = a->w;
        vec sum = v_set(a->bias);
        for (uint32_t ky = 0; ky < a->kernel_h; ky++, x += a->dilation_h * a->ldx)
            for (uint32_t kx = 0; kx < a->kernel_w; kx++)
                sum = v_fma(v_set(*w++), depthwise_load(x + kx * a->dilation_w, a->stride_w, n), sum);
        depthwise_store(a, (size_t)oy * a->out_width + ox, sum, n);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(depthwise_f32)(const nnz_depthwise_f32 *a) {
    const bool is_3x3 = a->kernel_h == 3 && a->kernel_w == 3 && a->dilation_h == 1 && a->dilation_w == 1;
    uint32_t oy = 0;
    if (is_3x3 && a->stride_h == 1 && a->stride_w == 1) {
        for (; oy + 4 <= a->out_height; oy += 4)
            depthwise_3x3(a, oy, 4, 1);
        for (; oy < a->out_height; oy++)
            depthwise_3x3(a, oy, 1, 1);
    } else if (is_3x3 && a->stride_h == 2 && a->stride_w == 2) {
        for (; oy + 2 <= a->out_height; oy += 2)
            depthwise_3x3(a, oy, 2, 2);
        for (; oy < a->out_height; oy++)
            depthwise_3x3(a, oy, 1, 2);
    } else {
        for (; oy < a->out_height; oy++)
            depthwise_any(a, oy);
    }
}
