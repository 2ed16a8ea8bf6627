/* Widens all values by vectors; the last vector may read and write some behind the end. */

VECTOR_FUNCTION void VECTOR_NAME(expand_f16)(const nnz_expand *a) {
    const uint16_t *value = (const uint16_t *)a->values + a->first * a->height;
    size_t blocks = 0;
    for (uint32_t r = 0; r < a->runs; r++)
        blocks += a->count[r];
    for (size_t i = 0; i < blocks * a->height; i += NARROW_LANES)
        n_store(a->y + i, n_load_f16(value + i));
}
