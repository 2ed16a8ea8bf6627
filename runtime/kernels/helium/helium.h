/*
 * Helium, the vectors of Cortex-M: 16 bytes, and a dot product of all of them that adds to a register. A sum is one row
 * and pixel; what a sparse row skips is skipped by gathers.
 */
#ifndef NNZ_HELIUM_H
#define NNZ_HELIUM_H

#include "../kernels.h"

#ifdef NNZ_CORTEX_M_HELIUM
#include <arm_mve.h>

/* Requantisation, docs/FORMAT.md section 10.2, of four sums: VRMULH rounds as R does. */
static inline int32x4_t helium_finish(int32x4_t acc, int32x4_t multiplier, uint32_t shift, int32_t zero, int32_t lo,
                                      int32_t hi) {
    acc = vrmulhq_s32(vqshlq_r_s32(acc, (int32_t)shift), multiplier);
    return vminq_s32(vmaxq_s32(vaddq_n_s32(acc, zero), vdupq_n_s32(lo)), vdupq_n_s32(hi));
}

/* 0, step, 2 step, 3 step */
static inline uint32x4_t helium_steps(uint32_t step) {
    return vmulq_n_u32(vidupq_n_u32(0, 1), step);
}

/* The words at x + 4 index[i]. */
static inline int8x16_t helium_gather_words(const int8_t *x, uint32x4_t index) {
    return vreinterpretq_s8_s32(vldrwq_gather_shifted_offset_s32((const int32_t *)x, index));
}

/* Those of lanes that p names; 0 in the others. */
static inline int8x16_t helium_gather_words_z(const int8_t *x, uint32x4_t index, mve_pred16_t p) {
    return vreinterpretq_s8_s32(vldrwq_gather_shifted_offset_z_s32((const int32_t *)x, index, p));
}

#endif
#endif
