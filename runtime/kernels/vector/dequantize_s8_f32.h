/* dequantize_s8_f32 in vectors: n pixels of a channel at a time. */

/* x of channel `c`, to y. */
VECTOR_INLINE void dequantize(const nnz_dequantize_s8_f32 *a, ivec x, uint32_t c, float *y, size_t n) {
    vec real = v_mul(v_set(a->scale), v_of(i_sub(x, i_set(a->zero))));
    if (a->bias)
        real = v_add(real, v_set(a->bias[c]));
    if (n == LANES)
        v_store(y, a->add ? v_add(v_load(y), real) : real);
    else
        v_store_n(y, a->add ? v_add(v_load_n(y, n), real) : real, n);
}

VECTOR_INLINE void dequantize_plain(const nnz_dequantize_s8_f32 *a) {
    size_t p = 0;
    for (; p + LANES <= a->pixels; p += LANES)
        dequantize(a, i_load_bytes(a->x + p), 0, a->y + p, LANES);
    nnz_dequantize_s8_f32 rest = *a;
    rest.x += p;
    rest.y += p;
    rest.pixels -= p;
    nnz_dequantize_s8_f32_scalar(&rest);
}

VECTOR_FUNCTION void VECTOR_NAME(dequantize_s8_f32)(const nnz_dequantize_s8_f32 *a) {
    if (a->plain) {
        dequantize_plain(a);
        return;
    }
    for (size_t p = 0; p < a->pixels; p += LANES) {
        const size_t n = a->pixels - p < LANES ? a->pixels - p : LANES;
        const ivec words = i_load_n(a->x + 4 * p, n);
        for (uint32_t c = 0; c < a->channels; c++)
            dequantize(a, i_byte(words, (int)c), c, a->y + c * a->y_stride + p, n);
    }
}
