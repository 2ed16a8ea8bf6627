/* add_s8 for NEON; the last elements by the scalar kernel. */
#include "bytes.h"

#ifdef NNZ_ARM_NEON
VECTOR_FUNCTION void VECTOR_NAME(add_s8)(const nnz_add_s8 *a) {
    const ivec multiplier_a = i_set(a->multiplier_a), multiplier_b = i_set(a->multiplier_b);
    const ivec constant = i_set(a->constant), lo = i_set(a->lo), hi = i_set(a->hi);
    size_t i = 0;
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
#endif
