/* depthwise_s8: windows of 3 x 3 by themselves. */
#include "depthwise_s8_any.h"

/* ROWS rows of outputs from row oy on, windows of 3 x 3 without dilation: they share their rows of x. */
VECTOR_INLINE void depthwise_s8_3x3(const nnz_depthwise_s8 *a, ivec bias, uint32_t oy, const int ROWS,
                                    const uint32_t STRIDE) {
    const ivec multiplier = d_repeat(a->multiplier);
    const dvec w[3] = {d_weights(a->w, 3), d_weights(a->w + 12, 3), d_weights(a->w + 24, 3)};
    for (uint32_t ox = 0; ox < a->out_width; ox += GROUP) {
        const size_t n = a->out_width - ox < GROUP ? a->out_width - ox : GROUP;
        const int8_t *x = a->x + 4 * ((size_t)oy * STRIDE * a->ldx + (size_t)ox * STRIDE);
        ivec sum[4];
        for (int r = 0; r < ROWS; r++)
            sum[r] = bias;
        for (int line = 0; line < (ROWS - 1) * (int)STRIDE + 3; line++, x += 4 * a->ldx) {
            const dvec xs = d_pixels(x, STRIDE, n);
            for (int r = 0; r < ROWS; r++) {
                const int ky = line - r * (int)STRIDE;
                if (ky >= 0 && ky < 3)
                    sum[r] = d_dot(sum[r], xs, w[ky]);
            }
        }
        for (int r = 0; r < ROWS; r++)
            depthwise_s8_finish(a, ((size_t)oy + (size_t)r) * a->out_width + ox, multiplier, sum[r], n);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(depthwise_s8)(const nnz_depthwise_s8 *a) {
    const ivec bias = depthwise_s8_bias(a);
    uint32_t oy = 0;
    if (depthwise_s8_is_3x3(a, 1)) {
        for (; oy + 4 <= a->out_height; oy += 4)
            depthwise_s8_3x3(a, bias, oy, 4, 1);
        for (; oy < a->out_height; oy++)
            depthwise_s8_3x3(a, bias, oy, 1, 1);
    } else if (depthwise_s8_is_3x3(a, 2)) {
        for (; oy + 2 <= a->out_height; oy += 2)
            depthwise_s8_3x3(a, bias, oy, 2, 2);
        for (; oy < a->out_height; oy++)
            depthwise_s8_3x3(a, bias, oy, 1, 2);
    }
    depthwise_s8_any_rows(a, bias, oy);
}
