/*
 * add_s8 for AVX-512 VNNI: VPDPWSSD adds the products of a pair (a[i], b[i]) with their multipliers to what is there,
 * first with the low parts, and once these are shifted away, with the high ones:
 *
 *   floor((high x 2^15 + low) / 2^shift) = floor((high + floor(low / 2^15)) / 2^(shift - 15))
 */
#include "int8.h"

#ifdef NNZ_X86_64
#include "../vector/add_s8_multipliers.h"

enum { BYTES = 64, LOW_SUM_MAX = 2 * 255 << LOW_BITS };

typedef struct addition {
    add_multipliers m;
    ivec start, shift;
    int32_t lo, hi;
} addition;

/* The 16-bit pairs are of bytes + 128. */
VECTOR_INLINE ivec add_pairs(const addition *s, __m512i pairs) {
    const ivec low = _mm512_srai_epi32(_mm512_dpwssd_epi32(s->start, pairs, s->m.low), LOW_BITS);
    return _mm512_srav_epi32(_mm512_dpwssd_epi32(low, pairs, s->m.high), s->shift);
}

VECTOR_INLINE __m512i add_bytes(const addition *s, __m512i a, __m512i b) {
    const __m512i offset = _mm512_set1_epi8(-128), none = _mm512_setzero_si512();
    const __m512i av = _mm512_xor_si512(a, offset), bv = _mm512_xor_si512(b, offset);
    const __m512i first = _mm512_unpacklo_epi8(av, bv), second = _mm512_unpackhi_epi8(av, bv);
    const ivec low = _mm512_packs_epi32(add_pairs(s, _mm512_unpacklo_epi8(first, none)),
                                        add_pairs(s, _mm512_unpackhi_epi8(first, none)));
    const ivec high = _mm512_packs_epi32(add_pairs(s, _mm512_unpacklo_epi8(second, none)),
                                         add_pairs(s, _mm512_unpackhi_epi8(second, none)));
    return i_clamp_bytes(_mm512_packs_epi16(low, high), s->lo, s->hi);
}

VECTOR_FUNCTION void VECTOR_NAME(add_s8)(const nnz_add_s8 *a) {
    const int64_t start = a->constant - 128 * ((int64_t)a->multiplier_a + a->multiplier_b);
    if (a->shift < LOW_BITS || start > INT32_MAX - LOW_SUM_MAX) {
        nnz_add_s8_avx512(a);
        return;
    }
    const addition s = {add_multipliers_of(a), i_set((int32_t)start), i_set((int32_t)a->shift - LOW_BITS), a->lo,
                        a->hi};
    const size_t n = a->n; /* stores of bytes may alias it */
    const int8_t *x = a->a, *residual = a->b;
    int8_t *y = a->y;
    size_t i = 0;
    for (; i + BYTES <= n; i += BYTES)
        _mm512_storeu_si512(y + i, add_bytes(&s, _mm512_loadu_si512(x + i), _mm512_loadu_si512(residual + i)));
    if (i < n) {
        const __mmask64 rest = ((__mmask64)1 << (n - i)) - 1;
        _mm512_mask_storeu_epi8(
            y + i, rest,
            add_bytes(&s, _mm512_maskz_loadu_epi8(rest, x + i), _mm512_maskz_loadu_epi8(rest, residual + i)));
    }
}

#endif
