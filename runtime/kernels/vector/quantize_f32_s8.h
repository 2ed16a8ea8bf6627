/* quantize_f32_s8 in vectors: interleaving is narrowing four channels at once. */
#include "real_s8.h"

VECTOR_INLINE vec quantize_quotient(const nnz_quantize_f32_s8 *a, vec x) {
    return a->divides ? v_div(x, v_set(a->scale)) : v_mul(x, v_set(a->scale));
}

VECTOR_INLINE void quantize_plain(const nnz_quantize_f32_s8 *a) {
    size_t p = 0;
    for (; p + LANES <= a->pixels; p += LANES) {
        const ivec rounded = i_round_any(quantize_quotient(a, v_load(a->x + p)));
        const ivec whole = i_add(i_min(i_set(512), i_max(i_set(-512), rounded)), i_set(a->zero));
        i_store_bytes(a->y + p, i_min(i_set(127), i_max(i_set(-128), whole)));
    }
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
        vec x[4];
        for (uint32_t c = 0; c < 4; c++)
            x[c] = quantize_quotient(a, c < a->channels ? v_load_n(a->x + c * a->x_stride + p, n) : v_set(0));
        i_store_n(a->y + 4 * p, i_round_channels(x, 1, a->zero, false), n);
    }
}
