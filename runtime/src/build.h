/*
 * What builds leave out, besides the texts of errors (NNZ_NO_TEXT, status.h).
 */
#ifndef NNZ_BUILD_H
#define NNZ_BUILD_H

#include <stdbool.h>

/* A build for Cortex-M or 32-bit RISC-V knows the levels of small devices alone, and carries nothing for the others. */
#if (defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M') || (defined(__riscv_xlen) && __riscv_xlen == 32)
enum { NNZ_ONLY_SMALL = true };
#else
enum { NNZ_ONLY_SMALL = false };
#endif

/* One with NNZ_ONE_THREAD cuts no products for several threads. */
#ifdef NNZ_ONE_THREAD
enum { NNZ_SEVERAL_THREADS = false };
#else
enum { NNZ_SEVERAL_THREADS = true };
#endif

#endif
