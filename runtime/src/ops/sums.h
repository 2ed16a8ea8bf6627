/* What operators that compute with real numbers between int8 products share: the sums that they begin with, and where
 * their results go. */
#ifndef NNZ_OPS_SUMS_H
#define NNZ_OPS_SUMS_H

#include "quantized.h"

/* Their first inputs and parameters. */
enum { NNZ_SUM_X, NNZ_SUM_BIAS, NNZ_SUM_RESIDUAL, NNZ_SUM_INPUTS };
enum { NNZ_SUM_SX, NNZ_SUM_ZX, NNZ_SUM_SR, NNZ_SUM_ZR, NNZ_SUM_RY, NNZ_SUM_ZY, NNZ_SUM_PARAMS };

/* x and a residual are int8 planes4, y has their dims and is float32 or planes4; the scales belong to them. */
nnz_status nnz_sum_check(const nnz_op *op, nnz_error *error);

nnz_sum_s8 nnz_sum_of(const nnz_exec *exec);
nnz_rounded_s8 nnz_rounded_of(const nnz_exec *exec);

/* The same before there are tensors that change: without x, the residual and y. */
nnz_sum_s8 nnz_sum_of_op(const nnz_op *op);
nnz_rounded_s8 nnz_rounded_of_op(const nnz_op *op);

/* The same from an element on: `quantized` and `real` are its places in int8 and in float32, `channel` its own. */
nnz_sum_s8 nnz_sum_at(nnz_sum_s8 sum, size_t quantized, size_t channel);
nnz_rounded_s8 nnz_rounded_at(nnz_rounded_s8 rounded, size_t quantized, size_t real);

#endif
