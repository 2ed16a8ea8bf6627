/*
 * Convolution by minimal filtering (Winograd): a dense one with a window of 3 x 3 or 4 x 4, or with a stride of 2 of
 * 5 x 5 to 8 x 8, takes a third to a fourth of the multiplications of its sums. Tiles of inputs are transformed, a
 * block of tile rows at a time; for each of the 36 points of a tile the weights, transformed in the plan, are a dense
 * product with what all tiles have there; and what that comes to is transformed into outputs, some rows at a time.
 */
#ifndef NNZ_WINOGRAD_H
#define NNZ_WINOGRAD_H

#include "conv_shape.h"

/* Whether the convolution fits, and is faster so. */
bool nnz_winograd_fits(const nnz_conv_shape *shape);

/* Whether a level runs it so: small devices have no memory for that. */
static inline bool nnz_winograd_takes(const nnz_conv_shape *shape, nnz_isa isa) {
    return !nnz_isa_is_small(isa) && nnz_winograd_fits(shape);
}

/* What an operator does (op.h), for one that is run so. */
uint64_t nnz_winograd_plan_size(const nnz_conv_shape *shape);
nnz_status nnz_winograd_plan(const nnz_op *op, const nnz_conv_shape *shape, const nnz_config *config, void *memory,
                             nnz_op_needs *needs, nnz_error *error);
void nnz_winograd_run(const nnz_exec *exec, const nnz_conv_shape *shape);
void nnz_winograd_run_band(const nnz_exec *exec, const nnz_conv_shape *shape, const nnz_band *band);

/* Bands of it: `rows` are those of the convolution. */
void nnz_winograd_rows(const nnz_conv_shape *shape, nnz_rows *rows);

#endif
