/* dequantize_s8_f32 in vectors: n pixels of a channel at a time. */

VECTOR_INLINE void dequantize_plain(const nnz_dequantize_s8_f32 *a) {
    size_t p = 0;
    for (; p + LANES <= a->pixels; p += LANES)
        v_store(a->y + p, v_mul(v_set(a->scale), v_of(i_sub(i_load_bytes(a->x + p), i_set(a->zero)))));
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
    const vzero zero = v_zero_point(a->zero);
    for (size_t p = 0; p < a->pixels; p += LANES) {
        const size_t n = a->pixels - p < LANES ? a->pixels - p : LANES;
        const ivec words = i_load_n(a->x + 4 * p, n);
        for (uint32_t c = 0; c < a->channels; c++)
            v_store_n(a->y + c * a->y_stride + p, v_mul(v_set(a->scale), v_byte(words, (int)c, zero)), n);
    }
}
