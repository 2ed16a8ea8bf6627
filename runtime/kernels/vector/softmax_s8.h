/* softmax_s8 in vectors: a lane is a pixel, an exponential the product of two entries of the table. */

/* Four channels of n pixels; in the last plane the first channel stands for those that it lacks. */
VECTOR_INLINE ivec softmax_load(const nnz_softmax_s8 *a, const int8_t *x, uint32_t channel, size_t n) {
    const ivec words = i_load_n(x + channel / 4 * a->stride, n);
    if (channel + 4 <= a->channels)
        return words;
    ivec whole = i_set(0);
    for (int i = 0; i < 4; i++)
        whole = i_insert_byte(whole, i_byte(words, channel + (uint32_t)i < a->channels ? i : 0), i);
    return whole;
}

/* The exponentials of four channels, to e, and added to their sums. */
VECTOR_INLINE void softmax_exponentials(ivec differences, vtable coarse, vtable fine, float *e, vec *sums,
                                        const int count) {
    for (int i = 0; i < count; i++) {
        const vec high = v_look_up(coarse, i_shift_right(differences, 8 * i + 4));
        const vec product = v_mul(high, v_look_up(fine, i_shift_right(differences, 8 * i)));
        v_store(e + i * LANES, product);
        sums[i] = v_add(sums[i], product);
    }
}

VECTOR_INLINE ivec softmax_result(const nnz_softmax_s8 *a, const float *e, vec factor) {
    return i_add(i_round(v_mul(v_load(e), factor)), i_set(a->zero));
}

/* n pixels, at most LANES. */
VECTOR_INLINE void softmax_pixels(const nnz_softmax_s8 *a, const int8_t *x, int8_t *y, size_t n) {
    const vtable coarse = v_table(a->table), fine = v_table(a->table + 16);
    const uint32_t whole = a->channels / 4 * 4;
    float *e = a->scratch;
    ivec max = i_set_bytes(-128);
    for (uint32_t c = 0; c < a->channels; c += 4)
        max = i_max_bytes(max, softmax_load(a, x, c, n));
    max = i_max_of_four(max);
    vec sums[4] = {v_set(0), v_set(0), v_set(0), v_set(0)};
    for (uint32_t c = 0; c < whole; c += 4)
        softmax_exponentials(i_sub_bytes(max, i_load_n(x + c / 4 * a->stride, n)), coarse, fine, e + c * LANES, sums,
                             4);
    if (whole < a->channels)
        softmax_exponentials(i_sub_bytes(max, softmax_load(a, x, whole, n)), coarse, fine, e + whole * LANES, sums,
                             (int)(a->channels - whole));
    const vec factor = v_div(v_set(a->factor), v_add(v_add(sums[0], sums[1]), v_add(sums[2], sums[3])));
    for (uint32_t c = 0; c < a->channels; c += 4, e += 4 * LANES) {
        ivec results[4];
        for (int i = 0; i < 4; i++)
            results[i] = softmax_result(a, e + i * LANES, factor);
        const ivec words =
            i_narrow_channels(i_narrow_pair(results[0], results[1]), i_narrow_pair(results[2], results[3]));
        i_store_n(y + c / 4 * a->stride, i_clamp_bytes(words, a->lo, a->hi), n);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(softmax_s8)(const nnz_softmax_s8 *a) {
    for (uint32_t pixel = 0; pixel < a->pixels; pixel += LANES) {
        const size_t n = a->pixels - pixel < LANES ? a->pixels - pixel : LANES;
        softmax_pixels(a, a->x + 4 * (size_t)pixel, a->y + 4 * (size_t)pixel, n);
    }
}
