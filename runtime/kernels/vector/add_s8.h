/* add_s8 from element i on, in vectors of LANES; the last elements by the scalar kernel. */

VECTOR_INLINE void add_s8_from(const nnz_add_s8 *a, size_t i) {
    const ivec multiplier_a = i_set(a->multiplier_a), multiplier_b = i_set(a->multiplier_b);
    const ivec constant = i_set(a->constant), lo = i_set(a->lo), hi = i_set(a->hi);
    for (; i + LANES <= a->n; i += LANES) {
        const ivec products =
            i_add(i_mul(i_load_bytes(a->a + i), multiplier_a), i_mul(i_load_bytes(a->b + i), multiplier_b));
        const ivec v = i_floor_shift(i_add(products, constant), a->shift);
        i_store_bytes(a->y + i, i_min(hi, i_max(lo, v)));
    }
    nnz_add_s8 rest = *a;
    rest.a += i;
    rest.b += i;
    rest.y += i;
    rest.n -= i;
    nnz_add_s8_scalar(&rest);
}
