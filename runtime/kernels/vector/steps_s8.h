/* steps_s8 in vectors of words: the four channels of a plane have their constants in each. */

VECTOR_INLINE void steps_plane(const nnz_plane_steps *s, const uint32_t count, const int8_t *x, int8_t *y,
                               size_t pixels) {
    for (size_t p = 0; p < pixels; p += LANES) {
        const size_t n = pixels - p < LANES ? pixels - p : LANES;
        const ivec words = i_load_n(x + 4 * p, n);
        ivec sum = i_set(i_word(s->base));
        for (uint32_t i = 0; i < count; i++)
            sum = i_add_bytes_above(sum, words, i_set(i_word(s->above[i])), i_set(i_word(s->step[i])));
        i_store_n(y + 4 * p, i_add_bytes_saturated(words, sum), n);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(steps_s8)(const nnz_steps_s8 *a) {
    for (uint32_t plane = 0; 4 * plane < a->channels; plane++) {
        const size_t at = plane * a->stride;
        steps_plane(a->planes + plane, a->count, a->x + at, a->y + at, a->pixels);
    }
}
