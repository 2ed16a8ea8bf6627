/*
 * The DSP extension of Cortex-M: two products of 16 bits an instruction. Bytes are widened to pairs of 16 bits, 0 and 2
 * beside 1 and 3, which is what SXTB16 gives without a shuffle; both operands of a product of four have that order.
 */
#ifndef NNZ_DSP_H
#define NNZ_DSP_H

#include "../kernels.h"

#ifdef NNZ_CORTEX_M_DSP
#include <arm_acle.h>
#include <string.h>

/* A function whose arguments are known where it is used: it is made for each use. */
#define DSP_INLINE static inline __attribute__((always_inline))

/* Four bytes as 16-bit pairs: bytes 0 and 2, bytes 1 and 3. The cell of a packed tile. */
typedef struct dsp_four {
    int16x2_t even, odd;
} dsp_four;

static inline uint32_t dsp_load(const void *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static inline dsp_four dsp_widen(uint32_t word) {
    dsp_four four = {.even = __sxtb16(word)};
    __asm("sxtb16 %0, %1, ror #8" : "=r"(four.odd) : "r"(word));
    return four;
}

/* The bytes from an address that is a multiple of 4. */
static inline dsp_four dsp_widen_at(const void *bytes) {
    return dsp_widen(*(const uint32_t *)bytes);
}

static inline int16x2_t dsp_pair(int32_t low, int32_t high) {
    int16x2_t pair;
    __asm("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(low), "r"(high));
    return pair;
}

/* Requantisation, docs/FORMAT.md section 10.2, in two steps: acc x 2^shift by saturated doubling, and the rest, where
 * SMMLAR rounds as R does. */
static inline int32_t dsp_double(int32_t acc) {
    __asm("qadd %0, %0, %0" : "+r"(acc));
    return acc;
}

static inline int32_t dsp_round(int32_t acc, int32_t multiplier, int32_t zero) {
    int32_t y;
    __asm("smmlar %0, %1, %2, %3" : "=r"(y) : "r"(acc), "r"(multiplier), "r"(zero));
    return y;
}

/* Whether bounds are more than what int8 holds: else one instruction clamps. */
static inline bool dsp_is_narrow(int32_t lo, int32_t hi) {
    return lo > -128 || hi < 127;
}

static inline int32_t dsp_clamp(int32_t y, int32_t lo, int32_t hi, bool narrow) {
    y = __ssat(y, 8);
    return !narrow ? y : y < lo ? lo : y > hi ? hi : y;
}

/* Four values in the range of int8 as one word. */
static inline uint32_t dsp_bytes(int32_t b0, int32_t b1, int32_t b2, int32_t b3) {
    return (b0 & 0xFF) | (b1 & 0xFF) << 8 | (b2 & 0xFF) << 16 | (uint32_t)b3 << 24;
}

#endif
#endif
