/* Widens run by run, by vectors, times the scales of its rows. What the last vector of a run writes behind its end, the
 * next run overwrites. */

VECTOR_FUNCTION void VECTOR_NAME(expand_s8)(const nnz_expand *a) {
    const int8_t *value = (const int8_t *)a->values + a->first * a->height;
    const float *scale = a->scale;
    const nlanes rows = n_rows(a->height);
    float *y = a->y;
    for (uint32_t r = 0; r < a->runs; r++, scale += a->height) {
        const nvec scales = n_scales(scale, rows);
        const size_t n = (size_t)a->count[r] * a->height;
        for (size_t i = 0; i < n; i += NARROW_LANES)
            n_store(y + i, n_mul(n_load_s8(value + i), scales));
        value += n;
        y += n;
    }
}
