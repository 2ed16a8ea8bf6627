/* Everything this build of the library has. An operator is a line here, a kernel a line in kernels.inc. */
#include "../kernels/kernels.h"
#include "op.h"

/* The operators, for their declarations and their table. */
#define OPERATORS(OPERATOR)                                                                                            \
    OPERATOR(conv)                                                                                                     \
    OPERATOR(depthwise)                                                                                                \
    OPERATOR(fc)                                                                                                       \
    OPERATOR(binary)                                                                                                   \
    OPERATOR(unary)                                                                                                    \
    OPERATOR(softmax)                                                                                                  \
    OPERATOR(pool)                                                                                                     \
    OPERATOR(reduce)                                                                                                   \
    OPERATOR(copy)                                                                                                     \
    OPERATOR(reshape)                                                                                                  \
    OPERATOR(resize)                                                                                                   \
    OPERATOR(cast)                                                                                                     \
    OPERATOR(qconv)                                                                                                    \
    OPERATOR(qfc)                                                                                                      \
    OPERATOR(qdepthwise)                                                                                               \
    OPERATOR(qadd)                                                                                                     \
    OPERATOR(qmul)                                                                                                     \
    OPERATOR(qpool)                                                                                                    \
    OPERATOR(qlut)                                                                                                     \
    OPERATOR(qsoftmax)                                                                                                 \
    OPERATOR(quantize)                                                                                                 \
    OPERATOR(dequantize)                                                                                               \
    OPERATOR(matmul)                                                                                                   \
    OPERATOR(layernorm)                                                                                                \
    OPERATOR(gather)                                                                                                   \
    OPERATOR(where)                                                                                                    \
    OPERATOR(qmatmul)                                                                                                  \
    OPERATOR(qsoftmax_planes)                                                                                          \
    OPERATOR(qaffine)                                                                                                  \
    OPERATOR(qaverage)                                                                                                 \
    OPERATOR(qlayernorm)                                                                                               \
    OPERATOR(qsoftmax_exact)

#define DECLARE(kind) extern const nnz_op_impl nnz_op_##kind;
OPERATORS(DECLARE)

#define ADDRESS(kind) &nnz_op_##kind,
static const nnz_op_impl *const ops[] = {OPERATORS(ADDRESS) NULL};

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
