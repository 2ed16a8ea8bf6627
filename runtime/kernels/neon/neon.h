/* NEON, of AArch64 and of ARMv7 with VFPv4: included first by every kernel of this folder, which then stands inside
 * #ifdef NNZ_ARM_NEON. */
#ifndef NNZ_NEON_H
#define NNZ_NEON_H

#include "../kernels.h"

#ifdef NNZ_ARM_NEON
#include <arm_neon.h>

/* Every AArch64 has NEON; of ARMv7 the function asks for it. Clang has no such attribute: there the whole build does.
 */
#if defined(NNZ_AARCH64) || defined(__clang__)
#define NNZ_NEON
#define NNZ_NEON_INLINE static inline __attribute__((always_inline))
#else
#define NNZ_NEON        __attribute__((target("fpu=neon-vfpv4")))
#define NNZ_NEON_INLINE static inline __attribute__((always_inline, target("fpu=neon-vfpv4")))
#endif
#endif

#endif
