/* Moving boxes of elements between two strided arrays. */
#ifndef NNZ_STRIDED_H
#define NNZ_STRIDED_H

#include "nnz.h"

typedef struct nnz_box {
    uint32_t rank; /* 0 to NNZ_MAX_RANK */
    uint32_t dims[NNZ_MAX_RANK];
    int64_t from[NNZ_MAX_RANK], to[NNZ_MAX_RANK]; /* strides in elements */
} nnz_box;

/* The same box with the fewest axes: none of length 1, in the order of the target, neighbours merged where they are
 * contiguous in both arrays. */
nnz_box nnz_simplify_box(const nnz_box *box);

/* Copies the box; `source` and `target` are its first elements, `element` is 1, 2, 4 or 8 bytes. They do not overlap.
 */
void nnz_move_box(const nnz_box *box, size_t element, const void *source, void *target);

#endif
