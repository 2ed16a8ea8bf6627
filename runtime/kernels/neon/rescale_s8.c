/* rescale_s8 for NEON: SQRDMULH rounds as it is specified. */
#include "neon.h"

#ifdef NNZ_ARM_NEON

/* The numbers of a nnz_rescale_s8, one of each in all lanes. */
typedef struct line {
    int8x8_t zero_x;
    int16x8_t shift, multiplier, zero;
    int8x16_t lo, hi;
} line;

/* No sum saturates that would not be clamped. */
NNZ_NEON_INLINE int8x8_t rescale(const line *l, int8x8_t x) {
    const int16x8_t u = vshlq_s16(vsubl_s8(x, l->zero_x), l->shift);
    return vqmovn_s16(vqaddq_s16(vqrdmulhq_s16(u, l->multiplier), l->zero));
}

NNZ_NEON_INLINE void rescale16(const line *l, const int8_t *x, int8_t *y) {
    const int8x16_t xs = vld1q_s8(x);
    const int8x16_t ys = vcombine_s8(rescale(l, vget_low_s8(xs)), rescale(l, vget_high_s8(xs)));
    vst1q_s8(y, vminq_s8(l->hi, vmaxq_s8(l->lo, ys)));
}

NNZ_NEON void nnz_rescale_s8_neon(const nnz_rescale_s8 *a) {
    const nnz_rescale_s8 s = *a; /* stores of bytes may alias it */
    const line l = {
        .zero_x = vdup_n_s8((int8_t)s.zero_x),
        .shift = vdupq_n_s16((int16_t)s.shift),
        .multiplier = vdupq_n_s16((int16_t)s.multiplier),
        .zero = vdupq_n_s16((int16_t)s.zero),
        .lo = vdupq_n_s8((int8_t)s.lo),
        .hi = vdupq_n_s8((int8_t)s.hi),
    };
    size_t i = 0;
    for (; i + 16 <= s.n; i += 16)
        rescale16(&l, s.x + i, s.y + i);
    if (i < s.n) {
        int8_t rest[16] = {0};
        __builtin_memcpy(rest, s.x + i, s.n - i);
        rescale16(&l, rest, rest);
        __builtin_memcpy(s.y + i, rest, s.n - i);
    }
}

#endif
