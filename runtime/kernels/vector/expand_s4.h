/* Widens share by share, by vectors, times the scales of its rows. What the last vector of a share writes behind its
 * end, the next share overwrites. */

VECTOR_FUNCTION void VECTOR_NAME(expand_s4)(const nnz_expand *a) {
    const uint16_t *scale = a->scale;
    const nlanes rows = n_rows(a->height);
    const size_t share = (size_t)a->share * a->height;
    size_t at = a->first * a->height;
    float *y = a->y;
    for (uint32_t r = 0; r < a->runs; r++) {
        for (size_t left = (size_t)a->count[r] * a->height, n; left; left -= n, at += n, y += n, scale += a->height) {
            const nvec scales = n_scales_f16(scale, rows);
            n = left < share ? left : share;
            for (size_t i = 0; i < n; i += NARROW_LANES)
                n_store(y + i, n_mul(n_load_s4(a->values, at + i), scales));
        }
    }
}
