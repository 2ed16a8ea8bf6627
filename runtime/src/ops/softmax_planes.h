/* What softmaxes over the channels of each pixel share: they differ in their kernels and what these are told. */
#ifndef NNZ_OPS_SOFTMAX_PLANES_H
#define NNZ_OPS_SOFTMAX_PLANES_H

#include "quantized.h"

/* Input 0 and output 0 are int8 planes4 of the same dims, of not too many channels, and there is no activation. */
nnz_status nnz_softmax_planes_check(const nnz_op *op, nnz_error *error);

nnz_status nnz_softmax_planes_plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                                   nnz_error *error);

/* The kernel over all pixels; `all` holds what does not follow from the tensors. */
void nnz_softmax_planes_run(const nnz_exec *exec, nnz_softmax_s8 all);

bool nnz_softmax_planes_in_place(const nnz_op *op, uint32_t i);

#endif
