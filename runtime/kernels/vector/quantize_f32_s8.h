/* quantize_f32_s8 in vectors: interleaving is narrowing four channels at once. */

/* Not clamped to bytes. */
VECTOR_INLINE ivec quantize(const nnz_quantize_f32_s8 *a, vec x) {
    x = v_mul(x, v_set(a->scale));
    x = v_select(v_is_nan(x), v_set(0), x);
    x = v_max(v_set(-512), v_min(v_set(512), x));
    return i_add(i_round(x), i_set(a->zero));
}

VECTOR_INLINE void quantize_plain(const nnz_quantize_f32_s8 *a) {
    size_t p = 0;
    for (; p + LANES <= a->pixels; p += LANES)
        i_store_bytes(a->y + p, i_min(i_set(127), i_max(i_set(-128), quantize(a, v_load(a->x + p)))));
    nnz_quantize_f32_s8 rest = *a;
    rest.x += p;
    rest.y += p;
    rest.pixels -= p;
    nnz_quantize_f32_s8_scalar(&rest);
}

VECTOR_FUNCTION void VECTOR_NAME(quantize_f32_s8)(const nnz_quantize_f32_s8 *a) {
    if (a->plain) {
        quantize_plain(a);
        return;
    }
    for (size_t p = 0; p < a->pixels; p += LANES) {
        const size_t n = a->pixels - p < LANES ? a->pixels - p : LANES;
        ivec channels[4];
        for (uint32_t c = 0; c < 4; c++)
            channels[c] = c < a->channels ? quantize(a, v_load_n(a->x + c * a->x_stride + p, n)) : i_set(0);
        const ivec low = i_narrow_pair(channels[0], channels[1]), high = i_narrow_pair(channels[2], channels[3]);
        i_store_n(a->y + 4 * p, i_narrow_channels(low, high), n);
    }
}
