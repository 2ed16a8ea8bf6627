/* Declares every kernel of kernels.inc. */
#ifndef NNZ_KERNELS_H
#define NNZ_KERNELS_H

#include "../src/format.h"
#include "../src/kernel.h"

/* Kernels carry their instruction set as a function attribute of GCC and clang; other compilers get the scalar ones. */
#if defined(__x86_64__) && defined(__GNUC__)
#define NNZ_X86_64
#endif
#if defined(__aarch64__) && defined(__GNUC__)
#define NNZ_AARCH64
#endif

/* AVX-VNNI is known to GCC from version 11 on, to clang from 12 on; older ones build without its level. */
#if defined(NNZ_X86_64) && (defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11)
#define NNZ_AVXVNNI
#endif

/* 32-bit ARM: GCC turns NEON on for a function, clang only for the whole build. */
#if defined(NNZ_AARCH64)
#define NNZ_ARM_NEON
#elif defined(__arm__) && defined(__ARM_PCS_VFP) && defined(__GNUC__) && __ARM_ARCH_PROFILE == 'A' &&                  \
    (!defined(__clang__) || (defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)))
#define NNZ_ARM_NEON
#endif

/* Cortex-M has no run-time choice: what the compiler was told that the CPU has. */
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && defined(__ARM_FEATURE_DSP)
#define NNZ_CORTEX_M_DSP
#if defined(__ARM_FEATURE_MVE)
#define NNZ_CORTEX_M_HELIUM
#endif
#endif

#ifdef NNZ_X86_64
/* Whether the CPU has AVX512_VBMI, which some CPUs with VNNI lack. */
bool nnz_cpu_has_vbmi(void);
#endif

/* nnz_TYPE_fn is a pointer to a function of the type. */
#define NNZ_KERNEL(FAMILY, family, type, ISA, isa) __typeof__(*(nnz_##type##_fn)0) nnz_##family##_##isa;
#include "kernels.inc"
#undef NNZ_KERNEL

#endif
