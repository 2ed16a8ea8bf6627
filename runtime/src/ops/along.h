/* Operators along one axis of a tensor, which is seen as [outer][n][inner]: tasks are runs of neighbours. */
#ifndef NNZ_OPS_ALONG_H
#define NNZ_OPS_ALONG_H

#include "work.h"

typedef struct nnz_along {
    size_t outer, n, inner;
} nnz_along;

/* `axis` is below the tensor's rank. */
nnz_along nnz_along_axis(const nnz_tensor_record *tensor, uint32_t axis);

/* Calls function(context, offset, count) for runs of `count` neighbours that together are the whole tensor: elements
 * offset + i inner + j, i in [0, n), j in [0, count). */
void nnz_along_run(const nnz_exec *exec, const nnz_along *along,
                   void (*function)(const void *context, size_t offset, size_t count), const void *context);

#endif
