/* mul_s8 in vectors; the last elements by the scalar kernel. */

VECTOR_FUNCTION void VECTOR_NAME(mul_s8)(const nnz_mul_s8 *a) {
    const ivec zero_a = i_set(a->zero_a), zero_b = i_set(a->zero_b), multiplier = i_set(a->multiplier);
    const ivec rounding = i_rounding(a->zero), lo = i_set(a->lo), hi = i_set(a->hi);
    size_t i = 0;
    for (; i + LANES <= a->n; i += LANES) {
        const ivec b = a->repeat ? i_repeat_bytes(a->b) : i_load_bytes(a->b + i);
        const ivec product = i_mul(i_sub(i_load_bytes(a->a + i), zero_a), i_sub(b, zero_b));
        const ivec v = i_requantize(product, multiplier, a->shift, rounding);
        i_store_bytes(a->y + i, i_min(hi, i_max(lo, v)));
    }
    nnz_mul_s8 rest = *a;
    rest.a += i;
    rest.b += a->repeat ? 0 : i;
    rest.y += i;
    rest.n -= i;
    nnz_mul_s8_scalar(&rest);
}
