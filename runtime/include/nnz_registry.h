/*
 * Naming operators and kernels one by one, for a program that carries only those its models need: the linker drops the
 * rest (with -ffunction-sections -fdata-sections -Wl,--gc-sections). `nnz embed` writes such a registry:
 *
 *   #include <nnz_registry.h>
 *
 *   extern const nnz_op_impl nnz_op_qconv, nnz_op_qfc;
 *   extern const nnz_kernel nnz_kernel_pack_s8_scalar, nnz_kernel_spmm_s8_q1x4_scalar;
 *
 *   static const nnz_op_impl *const ops[] = {&nnz_op_qconv, &nnz_op_qfc, NULL};
 *   static const nnz_kernel *const kernels[] = {&nnz_kernel_pack_s8_scalar, ..., NULL};
 *   static const nnz_registry registry = {ops, kernels};
 *
 *   nnz_open(&model, data, size, &registry, &error);
 *
 * The operator kind KIND of docs/FORMAT.md is nnz_op_KIND; the variant NAME of a kernel, as nnz_plan_kernel() and
 * nnz_footprint_of() call it, is nnz_kernel_NAME. Of a shared library only nnz_registry_all() can be used.
 */
#ifndef NNZ_REGISTRY_H
#define NNZ_REGISTRY_H

#include "nnz.h"

typedef struct nnz_op_impl nnz_op_impl;
typedef struct nnz_kernel nnz_kernel;

/* Both end with NULL. */
struct nnz_registry {
    const nnz_op_impl *const *ops;
    const nnz_kernel *const *kernels;
};

#endif
