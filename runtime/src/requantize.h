/* Requantisation, docs/FORMAT.md section 10.2: the scalar form, which every vector form equals bit for bit. */
#ifndef NNZ_REQUANTIZE_H
#define NNZ_REQUANTIZE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "build.h"

/* NNZ_SHIFT_FACTOR instead of a shift: the multiplier is a factor, a float in [0, 1) by its bits. */
enum { NNZ_SHIFT_MAX = 15, NNZ_SHIFT_FACTOR = 32, NNZ_FACTOR_MAX = 0x3F7FFFFF };

/* floor(v / 2^shift), shift below 64: an arithmetic shift that does not depend on how the compiler shifts negative
 * numbers. */
static inline int64_t nnz_floor_shift(int64_t v, uint32_t shift) {
    return v < 0 ? ~(~v >> shift) : v >> shift;
}

static inline int32_t nnz_clamp(int64_t v, int32_t lo, int32_t hi) {
    return v < lo ? lo : v > hi ? hi : (int32_t)v;
}

static inline float nnz_factor(int32_t multiplier) {
    float factor;
    __builtin_memcpy(&factor, &multiplier, sizeof factor);
    return factor;
}

/* R(acc, multiplier, shift): acc x multiplier x 2^shift / 2^32, rounded half up; multiplier in [0, 2^31), shift in
 * [0, NNZ_SHIFT_MAX]. Or acc x factor in float32, rounded half to even, which small levels do without. */
static inline int32_t nnz_requantize(int32_t acc, int32_t multiplier, uint32_t shift) {
    if (!NNZ_ONLY_SMALL && shift == NNZ_SHIFT_FACTOR)
        return (int32_t)rintf((float)acc * nnz_factor(multiplier));
    int32_t t = nnz_clamp((int64_t)acc * ((int64_t)1 << shift), INT32_MIN, INT32_MAX);
    return (int32_t)nnz_floor_shift((int64_t)t * multiplier + ((int64_t)1 << 31), 32);
}

/*
 * A multiplier that has the shift in it, where there is one: *shift is 0 then. R() differs only where its first step
 * saturates, and there both results lie on the same side of [-384, 383], beyond what a zero point brings back to int8.
 */
static inline int32_t nnz_fold_shift(int32_t multiplier, uint32_t *shift) {
    enum { BEYOND_BYTES = 1024 };
    if (multiplier < BEYOND_BYTES || multiplier > INT32_MAX >> *shift)
        return multiplier;
    multiplier = (int32_t)((uint32_t)multiplier << *shift);
    *shift = 0;
    return multiplier;
}

/*
 * Whether one fused multiply-add in float32 gives R(acc, multiplier, 0) + zero where that is an int8, and what
 * saturates to the same int8 elsewhere: acc x multiplier / 2^32 + zero + NNZ_F32_UNITS, whose lowest bit is worth 1, so
 * that its only rounding is to an integer. The factors are exact where the product is near bytes: a multiplier of 24
 * bits, and acc below 2^24. Ties, which go to even numbers instead of up, are beyond bytes where the multiplier's odd
 * part has ten bits or more.
 */
#define NNZ_F32_UNITS 0x1.8p23f
static inline bool nnz_requantizes_in_f32(int32_t multiplier) {
    enum { LEAST = 1 << 17, MOST = (1 << 24) - 1 };
    return multiplier >= LEAST && multiplier <= MOST && (multiplier & -multiplier) <= multiplier >> 10;
}

#endif
