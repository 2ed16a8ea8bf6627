/* Everything this build of the library has. An operator is a line here, a kernel a line in kernels.inc. */
#include "../kernels/kernels.h"
#include "op.h"

extern const nnz_op_impl nnz_op_conv, nnz_op_depthwise, nnz_op_fc, nnz_op_binary, nnz_op_unary, nnz_op_softmax,
    nnz_op_pool, nnz_op_reduce, nnz_op_copy, nnz_op_reshape, nnz_op_resize, nnz_op_cast, nnz_op_qconv, nnz_op_qfc,
    nnz_op_qdepthwise, nnz_op_qadd, nnz_op_qmul, nnz_op_qpool, nnz_op_qlut, nnz_op_qsoftmax, nnz_op_quantize,
    nnz_op_dequantize, nnz_op_qmatmul, nnz_op_qsoftmax_planes, nnz_op_qaffine, nnz_op_qaverage, nnz_op_qlayernorm,
    nnz_op_qsoftmax_exact, nnz_op_matmul, nnz_op_layernorm, nnz_op_gather, nnz_op_where;

static const nnz_op_impl *const ops[] = {
    &nnz_op_conv,
    &nnz_op_depthwise,
    &nnz_op_fc,
    &nnz_op_binary,
    &nnz_op_unary,
    &nnz_op_softmax,
    &nnz_op_pool,
    &nnz_op_reduce,
    &nnz_op_copy,
    &nnz_op_reshape,
    &nnz_op_resize,
    &nnz_op_cast,
    &nnz_op_qconv,
    &nnz_op_qfc,
    &nnz_op_qdepthwise,
    &nnz_op_qadd,
    &nnz_op_qmul,
    &nnz_op_qpool,
    &nnz_op_qlut,
    &nnz_op_qsoftmax,
    &nnz_op_quantize,
    &nnz_op_dequantize,
    &nnz_op_matmul,
    &nnz_op_layernorm,
    &nnz_op_gather,
    &nnz_op_where,
    &nnz_op_qmatmul,
    &nnz_op_qsoftmax_planes,
    &nnz_op_qaffine,
    &nnz_op_qaverage,
    &nnz_op_qlayernorm,
    &nnz_op_qsoftmax_exact,
    NULL,
};

/* One object for each, so that a linker can keep one and drop the others. */
#define NNZ_KERNEL(FAMILY, family, type, ISA, isa)                                                                     \
    const nnz_kernel nnz_kernel_##family##_##isa = {NNZ_FAMILY_##FAMILY, NNZ_ISA_##ISA, #family "_" #isa,              \
                                                    (void (*)(void))nnz_##family##_##isa};
#include "../kernels/kernels.inc"
#undef NNZ_KERNEL

static const nnz_kernel *const kernels[] = {
#define NNZ_KERNEL(FAMILY, family, type, ISA, isa) &nnz_kernel_##family##_##isa,
#include "../kernels/kernels.inc"
#undef NNZ_KERNEL
    NULL,
};

static const nnz_registry all = {.ops = ops, .kernels = kernels};

const nnz_registry *nnz_registry_all(void) {
    return &all;
}
