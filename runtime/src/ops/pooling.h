/* Where the windows of float and int8 pooling may lie. */
#ifndef NNZ_OPS_POOLING_H
#define NNZ_OPS_POOLING_H

#include "window.h"

/* The output's size follows from the input's, rounded down or up, and every window meets the input. */
nnz_status nnz_pool_check_window(const nnz_op *op, const nnz_window *window, const nnz_map *in, const nnz_map *out,
                                 nnz_error *error);

#endif
