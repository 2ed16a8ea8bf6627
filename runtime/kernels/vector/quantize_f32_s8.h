/* quantize_f32_s8 in vectors: interleaving is putting each channel's byte into a pixel's word. */

VECTOR_INLINE ivec quantize(const nnz_quantize_f32_s8 *a, vec x) {
    x = v_mul(x, v_set(a->scale));
    x = v_select(v_is_nan(x), v_set(0), x);
    x = v_max(v_set(-512), v_min(v_set(512), x));
    return i_min(i_set(127), i_max(i_set(-128), i_add(i_round(x), i_set(a->zero))));
}

VECTOR_INLINE void quantize_plain(const nnz_quantize_f32_s8 *a) {
    size_t p = 0;
    for (; p + LANES <= a->pixels; p += LANES)
        i_store_bytes(a->y + p, quantize(a, v_load(a->x + p)));
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
        ivec words = i_set(0);
        for (uint32_t c = 0; c < a->channels; c++)
            words = i_insert_byte(words, quantize(a, v_load_n(a->x + c * a->x_stride + p, n)), (int)c);
        i_store_n(a->y + 4 * p, words, n);
    }
}
