/* Between int8 and float32 in vectors: what quantize_f32_s8, dequantize_s8_f32 and the kernels that compute with real
 * numbers between int8 products share. */
#ifndef NNZ_VECTOR_REAL_S8_H
#define NNZ_VECTOR_REAL_S8_H

/* Four channels, rounded with 1 / scale, and interleaved. `bounded`: the quotients are known to be below 2^30. */
VECTOR_INLINE ivec i_round_channels(const vec x[4], float scale, int32_t zero, bool bounded) {
    ivec rounded[4];
    for (int c = 0; c < 4; c++) {
        const vec quotient = v_mul(x[c], v_set(scale));
        rounded[c] = bounded ? i_round(quotient) : i_round_any(quotient);
    }
    const ivec zeros = i_set_pair(zero);
    return i_narrow_channels(i_add_pair(i_narrow_pair(rounded[0], rounded[1]), zeros),
                             i_add_pair(i_narrow_pair(rounded[2], rounded[3]), zeros));
}

/* LANES pixels from `pixel` on, of which n are there, of the channels from `first` on that are in one plane. */
VECTOR_INLINE void v_store_rounded(const nnz_rounded_s8 *a, uint32_t first, int channels, size_t pixel, const vec v[4],
                                   size_t n, bool bounded) {
    if (a->y)
        i_store_n(a->y + first / 4 * a->stride + 4 * pixel, i_round_channels(v, a->scale, a->zero, bounded), n);
    else
        for (int c = 0; c < channels; c++)
            v_store_n(a->real + (first + (uint32_t)c) * a->stride + pixel, v[c], n);
}

/* What is the same for all pixels of a plane's sums. */
typedef struct vsum {
    vec scale, residual_scale, bias[4];
    vzero zero, residual_zero;
} vsum;

/* The plane that begins with channel `first` and has `channels` of its four. Without a bias -0 is added, which changes
 * nothing. */
VECTOR_INLINE vsum v_sum_of(const nnz_sum_s8 *a, uint32_t first, int channels) {
    vsum s = {.scale = v_set(a->scale),
              .residual_scale = v_set(a->residual_scale),
              .zero = v_zero_point(a->zero),
              .residual_zero = v_zero_point(a->residual_zero)};
    for (int c = 0; c < 4; c++)
        s.bias[c] = v_set(a->bias && c < channels ? a->bias[first + (uint32_t)c] : -0.0f);
    return s;
}

/* Channel c of the words x, and of those of a residual. */
VECTOR_INLINE vec v_sum_s8(const vsum *s, ivec x, ivec residual, int c, const bool with_residual) {
    const vec sum = v_add(v_mul(s->scale, v_byte(x, c, s->zero)), s->bias[c]);
    if (!with_residual)
        return sum;
    return v_add(sum, v_mul(s->residual_scale, v_byte(residual, c, s->residual_zero)));
}

#endif
