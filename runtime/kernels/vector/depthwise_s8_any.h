/*
 * Windows of any size for depthwise_s8, in vectors of GROUP pixels by four channels. Up to four neighbouring taps are
 * one step: a lane holds, for each channel of a pixel, the four bytes at the taps, and is multiplied by the four
 * weights of the channel. An ISA's file gives d_pixels(), d_weights(), d_dot() and the finishing.
 */

/* What every output begins with. */
VECTOR_INLINE ivec depthwise_s8_bias(const nnz_depthwise_s8 *a) {
    int32_t bias[4];
    for (int c = 0; c < 4; c++) {
        int32_t weights = 0;
        for (uint32_t i = 0; S8_OFFSET != 0 && i < a->kernel_h * a->kernel_w; i++)
            weights += a->w[4 * i + c];
        bias[c] = a->bias[c] - S8_OFFSET * weights;
    }
    return d_repeat(bias);
}

VECTOR_INLINE void depthwise_s8_finish(const nnz_depthwise_s8 *a, size_t at, ivec multiplier, ivec sum, size_t n) {
    d_store(a->y + 4 * at, i_requantize_each(sum, multiplier, a->shift, i_rounding(a->zero)), a->lo, a->hi, n);
}

/* Whether windows are 3 x 3 without dilation, `stride` apart. */
VECTOR_INLINE bool depthwise_s8_is_3x3(const nnz_depthwise_s8 *a, uint32_t stride) {
    return a->kernel_h == 3 && a->kernel_w == 3 && a->dilation_h == 1 && a->dilation_w == 1 && a->stride_h == stride &&
           a->stride_w == stride;
}

/* V vectors of outputs, the last of them of `tail` pixels. */
VECTOR_INLINE void depthwise_s8_any(const nnz_depthwise_s8 *a, ivec bias, uint32_t oy, uint32_t ox, const int V,
                                    size_t tail) {
    const ivec multiplier = d_repeat(a->multiplier);
    const uint32_t step = a->dilation_w == 1 ? 4 : 1;
    const int8_t *x = a->x + 4 * ((size_t)oy * a->stride_h * a->ldx + (size_t)ox * a->stride_w), *w = a->w;
    ivec sum[4];
    for (int v = 0; v < V; v++)
        sum[v] = bias;
    for (uint32_t ky = 0; ky < a->kernel_h; ky++, x += 4 * a->dilation_h * a->ldx)
        for (uint32_t kx = 0, taps; kx < a->kernel_w; kx += taps, w += 4 * taps) {
            taps = a->kernel_w - kx < step ? a->kernel_w - kx : step;
            const dvec ws = d_weights(w, taps);
            for (int v = 0; v < V; v++) {
                const size_t pixel = (size_t)v * GROUP * a->stride_w + (size_t)kx * a->dilation_w;
                sum[v] = d_dot(sum[v], d_pixels(x + 4 * pixel, a->stride_w, v < V - 1 ? GROUP : tail), ws);
            }
        }
    for (int v = 0; v < V; v++)
        depthwise_s8_finish(a, (size_t)oy * a->out_width + ox + (size_t)v * GROUP, multiplier, sum[v],
                            v < V - 1 ? GROUP : tail);
}

/* Rows of outputs from row oy on. */
VECTOR_INLINE void depthwise_s8_any_rows(const nnz_depthwise_s8 *a, ivec bias, uint32_t oy) {
    for (; oy < a->out_height; oy++) {
        uint32_t ox = 0;
        for (; ox + 4 * GROUP <= a->out_width; ox += 4 * GROUP)
            depthwise_s8_any(a, bias, oy, ox, 4, GROUP);
        for (; ox < a->out_width; ox += GROUP)
            depthwise_s8_any(a, bias, oy, ox, 1, a->out_width - ox < GROUP ? a->out_width - ox : GROUP);
    }
}
