/*
 * Kernels: the inner loops, one variant for each instruction set. They know nothing of models.
 *
 * A family is a function type and a contract; `runtime/kernels/scalar/` defines it in C (the oracle), the other folders
 * do the same faster. kernels.inc lists every variant once; declarations, the registry and the checker in tests/ are
 * made from it. Adding a variant: a short file beside the others, and a line in kernels.inc. The contracts stand in
 * kernel_f32.h and kernel_s8.h.
 */
#ifndef NNZ_KERNEL_H
#define NNZ_KERNEL_H

#include "isa.h"
#include "kernel_f32.h"
#include "kernel_s8.h"

typedef enum nnz_family {
    NNZ_FAMILY_NONE = 0,
    NNZ_FAMILY_PACK_F32,
    NNZ_FAMILY_SPMM_F32_DENSE,
    NNZ_FAMILY_SPMM_F32_U1,
    NNZ_FAMILY_SPMM_F32_U1_PAIRS,
    NNZ_FAMILY_SPMM_F32_RB4,
    NNZ_FAMILY_MATVEC_F32_DENSE,
    NNZ_FAMILY_MATVEC_F32_U1,
    NNZ_FAMILY_MATVEC_F32_F8X1,
    NNZ_FAMILY_EXPAND_F16,
    NNZ_FAMILY_EXPAND_S8,
    NNZ_FAMILY_EXPAND_S4,
    NNZ_FAMILY_MATVEC_NARROW_F16,
    NNZ_FAMILY_MATVEC_NARROW_S8,
    NNZ_FAMILY_MATVEC_NARROW_S4,
    NNZ_FAMILY_DEPTHWISE_F32,
    NNZ_FAMILY_UNARY_F32,
    NNZ_FAMILY_BINARY_F32,
    NNZ_FAMILY_SOFTMAX_F32,
    NNZ_FAMILY_POOL_F32,
    NNZ_FAMILY_REDUCE_F32,
    NNZ_FAMILY_LAYERNORM_F32,
    NNZ_FAMILY_RESIZE_F32,
    NNZ_FAMILY_WINOGRAD_INPUT_F32,
    NNZ_FAMILY_WINOGRAD_OUTPUT_F32,
    NNZ_FAMILY_PACK_S8,
    NNZ_FAMILY_SPMM_S8_DENSE,
    NNZ_FAMILY_SPMM_S8_U1,
    NNZ_FAMILY_SPMM_S8_Q1X4,
    NNZ_FAMILY_MATVEC_S8_DENSE,
    NNZ_FAMILY_MATVEC_S8_U1,
    NNZ_FAMILY_MATVEC_S8_Q8X4,
    NNZ_FAMILY_DEPTHWISE_S8,
    NNZ_FAMILY_POOL_S8,
    NNZ_FAMILY_AVERAGE_S8,
    NNZ_FAMILY_ADD_S8,
    NNZ_FAMILY_MUL_S8,
    NNZ_FAMILY_LUT_S8,
    NNZ_FAMILY_LUT_PLANES_S8,
    NNZ_FAMILY_STEPS_S8,
    NNZ_FAMILY_RESCALE_S8,
    NNZ_FAMILY_QUANTIZE_F32_S8,
    NNZ_FAMILY_DEQUANTIZE_S8_F32,
    NNZ_FAMILY_AFFINE_S8,
    NNZ_FAMILY_LAYERNORM_S8,
    NNZ_FAMILY_MATMUL_S8,
    NNZ_FAMILY_SOFTMAX_S8,
    NNZ_FAMILY_AFFINE_EXACT_S8,
    NNZ_FAMILY_LAYERNORM_EXACT_S8,
    NNZ_FAMILY_SOFTMAX_EXACT_S8,
} nnz_family;

/* One variant. `function` is cast to the family's type where it is called. */
struct nnz_kernel {
    nnz_family family;
    nnz_isa isa;
    const char *name; /* "spmm_f32_u1_avx512" */
    void (*function)(void);
};

#endif
