/*
 * add_s8 by products of pairs (a[i], b[i]) of 16-bit values with both parts of their multipliers. An ISA's file gives
 * BYTES, the bytes of a vector, p_load() and p_store() of so many, and in parts of 16 bytes p_interleave_low() and
 * _high() of bytes, p_widen_low() and _high() to 16 bits, p_dot(), i_shift_left() and the saturating p_narrow_words(),
 * p_narrow_bytes(). The last elements as in add_s8.h.
 */
#include "add_s8.h"
#include "add_s8_multipliers.h"

VECTOR_FUNCTION void VECTOR_NAME(add_s8)(const nnz_add_s8 *a) {
    const nnz_add_s8 s = *a; /* stores of bytes may alias it */
    const add_multipliers m = add_multipliers_of(&s);
    const ivec constant = i_set(s.constant);
    size_t i = 0;
    for (; i + BYTES <= s.n; i += BYTES) {
        const ivec av = p_load(s.a + i), bv = p_load(s.b + i);
        const ivec first = p_interleave_low(av, bv), second = p_interleave_high(av, bv);
        const ivec pairs[4] = {p_widen_low(first), p_widen_high(first), p_widen_low(second), p_widen_high(second)};
        ivec v[4];
        for (int k = 0; k < 4; k++) {
            const ivec sum = i_add(i_shift_left(p_dot(pairs[k], m.high), LOW_BITS), p_dot(pairs[k], m.low));
            v[k] = i_floor_shift(i_add(sum, constant), s.shift);
        }
        const ivec bytes = p_narrow_bytes(p_narrow_words(v[0], v[1]), p_narrow_words(v[2], v[3]));
        p_store(s.y + i, i_clamp_bytes(bytes, s.lo, s.hi));
    }
    add_s8_from(a, i);
}
