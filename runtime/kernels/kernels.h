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

/* A function of each type: nnz_TYPE_fn is the pointer to it. */
#define NNZ_DECLARE_pack_f32(name)          void name(const nnz_pack_f32 *a)
#define NNZ_DECLARE_spmm_f32(name)          void name(const nnz_spmm_f32 *a)
#define NNZ_DECLARE_matvec_f32(name)        void name(const nnz_matvec_f32 *a)
#define NNZ_DECLARE_expand(name)            void name(const nnz_expand *a)
#define NNZ_DECLARE_matvec_narrow(name)     void name(const nnz_matvec_narrow *a)
#define NNZ_DECLARE_depthwise_f32(name)     void name(const nnz_depthwise_f32 *a)
#define NNZ_DECLARE_pack_s8(name)           void name(const nnz_pack_s8 *a)
#define NNZ_DECLARE_spmm_s8(name)           void name(const nnz_spmm_s8 *a)
#define NNZ_DECLARE_matvec_s8(name)         void name(const nnz_matvec_s8 *a)
#define NNZ_DECLARE_depthwise_s8(name)      void name(const nnz_depthwise_s8 *a)
#define NNZ_DECLARE_pool_s8(name)           void name(const nnz_pool_s8 *a)
#define NNZ_DECLARE_add_s8(name)            void name(const nnz_add_s8 *a)
#define NNZ_DECLARE_mul_s8(name)            void name(const nnz_mul_s8 *a)
#define NNZ_DECLARE_lut_s8(name)            void name(const int8_t table[256], const int8_t *x, int8_t *y, size_t n)
#define NNZ_DECLARE_lut_planes_s8(name)     void name(const nnz_lut_planes_s8 *a)
#define NNZ_DECLARE_steps_s8(name)          void name(const nnz_steps_s8 *a)
#define NNZ_DECLARE_rescale_s8(name)        void name(const nnz_rescale_s8 *a)
#define NNZ_DECLARE_quantize_f32_s8(name)   void name(const nnz_quantize_f32_s8 *a)
#define NNZ_DECLARE_dequantize_s8_f32(name) void name(const nnz_dequantize_s8_f32 *a)
#define NNZ_DECLARE_affine_s8(name)         void name(const nnz_affine_s8 *a)
#define NNZ_DECLARE_layernorm_s8(name)      void name(const nnz_layernorm_s8 *a)
#define NNZ_DECLARE_matmul_s8(name)         void name(const nnz_matmul_s8 *a)
#define NNZ_DECLARE_softmax_s8(name)        void name(const nnz_softmax_s8 *a)
#define NNZ_DECLARE_layernorm_f32(name)     void name(const nnz_layernorm_f32 *a)
#define NNZ_DECLARE_pool_f32(name)          void name(const nnz_pool_f32 *a)
#define NNZ_DECLARE_resize_f32(name)        void name(const nnz_resize_f32 *a)
#define NNZ_DECLARE_unary_f32(name) void name(int function, const float act[2], const float *x, float *y, size_t n)
#define NNZ_DECLARE_binary_f32(name)                                                                                   \
    void name(int function, const float *a, size_t a_step, const float *b, size_t b_step, float *y, size_t n)
#define NNZ_DECLARE_softmax_f32(name)                                                                                  \
    void name(const float *x, size_t ldx, float *y, size_t ldy, size_t n, size_t count)
#define NNZ_DECLARE_reduce_f32(name) void name(int function, const float *x, size_t n, float *y, size_t count)

#define NNZ_KERNEL(FAMILY, family, type, ISA, isa) NNZ_DECLARE_##type(nnz_##family##_##isa);
#include "kernels.inc"
#undef NNZ_KERNEL

#endif
