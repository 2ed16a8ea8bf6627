/*
 * add_s8 in lanes of 16 bits. Multipliers in two parts, m = high x 2^16 + low, make of a sum
 *
 *   floor((a[i] multiplier_a + b[i] multiplier_b + constant) / 2^shift) = floor((H + floor(L / 2^16)) / 2^(shift - 16))
 *
 * with H = a[i] high_a + b[i] high_b, where the high parts are bytes that products of bytes take without saturating,
 * and L the same of the low parts, plus the constant, in 32 bits: modulo 2^32, as H + floor(L / 2^16) fits 16 bits. An
 * ISA's file gives a vector of BYTES bytes, pvec, with p_load(), p_store(), p_set_bytes(), p_set_pairs(), p_set(); in
 * parts of 16 bytes p_interleave_low() and _high(), p_even() and p_odd(), the pairs of bytes of the even and of the odd
 * words as pairs of 16 bits, p_narrow(), saturating; p_dot_bytes() of unsigned by signed bytes, p_dot(), which adds to
 * what is there, p_high_halves() of even and odd words; p_add() and p_multiply_high() of words, p_flip() and p_clamp()
 * of bytes.
 */
#include "../../src/requantize.h"

#include <string.h>

enum { LOW_BITS = 16, LEAST_SHIFT = LOW_BITS + 2 };

typedef struct addition {
    pvec high, low, start, factor; /* 2^16 / 2^(shift - 16) */
    int32_t lo, hi;
} addition;

/* The high part of a multiplier, whose low part is a signed word. */
VECTOR_INLINE int32_t high_part(int32_t multiplier) {
    return (int32_t)nnz_floor_shift((int64_t)multiplier + (1 << (LOW_BITS - 1)), LOW_BITS);
}

VECTOR_INLINE addition addition_of(const nnz_add_s8 *a) {
    const uint32_t offset = 128 * ((uint32_t)a->multiplier_a + (uint32_t)a->multiplier_b); /* of unsigned bytes */
    return (addition){
        .high = p_set_bytes((int8_t)high_part(a->multiplier_a), (int8_t)high_part(a->multiplier_b)),
        .low = p_set_pairs((int16_t)a->multiplier_a, (int16_t)a->multiplier_b),
        .start = p_set((int32_t)((uint32_t)a->constant - offset)),
        .factor = p_set_pairs((int16_t)(1 << (2 * LOW_BITS - a->shift)), (int16_t)(1 << (2 * LOW_BITS - a->shift))),
        .lo = a->lo,
        .hi = a->hi,
    };
}

/* The sums of pairs of unsigned bytes. */
VECTOR_INLINE pvec add_pairs(const addition *s, pvec pairs) {
    const pvec even = p_dot(s->start, p_even(pairs), s->low), odd = p_dot(s->start, p_odd(pairs), s->low);
    return p_multiply_high(p_add(p_dot_bytes(pairs, s->high), p_high_halves(even, odd)), s->factor);
}

VECTOR_INLINE void add_vector(const addition *s, const int8_t *a, const int8_t *b, int8_t *y) {
    const pvec av = p_flip(p_load(a)), bv = p_flip(p_load(b));
    const pvec low = add_pairs(s, p_interleave_low(av, bv)), high = add_pairs(s, p_interleave_high(av, bv));
    p_store(y, p_clamp(p_narrow(low, high), s->lo, s->hi));
}

VECTOR_FUNCTION void VECTOR_NAME(add_s8)(const nnz_add_s8 *a) {
    if (a->shift < LEAST_SHIFT) {
        nnz_add_s8_scalar(a);
        return;
    }
    const addition s = addition_of(a);
    const size_t n = a->n; /* stores of bytes may alias it */
    const int8_t *av = a->a, *bv = a->b;
    int8_t *y = a->y;
    size_t i = 0;
    for (; i + BYTES <= n; i += BYTES)
        add_vector(&s, av + i, bv + i, y + i);
    if (i < n) {
        int8_t rest[3][BYTES] = {{0}};
        memcpy(rest[0], av + i, n - i);
        memcpy(rest[1], bv + i, n - i);
        add_vector(&s, rest[0], rest[1], rest[2]);
        memcpy(y + i, rest[2], n - i);
    }
}
