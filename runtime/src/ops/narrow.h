/*
 * Products with weights that are stored narrow (docs/FORMAT.md section 5). A piece of the matrix at a time, some groups
 * of rows in one K-block, is widened ("expanded") into scratch, and the kernels for float32 weights multiply it.
 * Products with a vector read each weight once: for blocks of eight rows they have kernels that widen in registers.
 */
#ifndef NNZ_NARROW_H
#define NNZ_NARROW_H

#include "../op.h"
#include "block.h"

/* A walk over the K-blocks of a matrix, in order. */
typedef struct nnz_narrow {
    const nnz_matrix_record *matrix;
    nnz_expand_fn expand;
    const void *values, *scale;
    size_t share; /* sparse scaled4: shares before the next run */
    float *piece;
} nnz_narrow;

/* Whether a product with a vector can read the narrow values themselves, and the kernels that do. */
bool nnz_narrow_has_matvec(const nnz_matrix_record *matrix);
nnz_family nnz_narrow_matvec_family(const nnz_matrix_record *matrix);

/* The kernel that expands the matrix: its position for the plan, NNZ_NONE for float32; and its function or NULL. */
nnz_status nnz_narrow_plan(const nnz_op *op, const nnz_config *config, const nnz_matrix_record *matrix,
                           uint32_t *expand, nnz_error *error);
nnz_expand_fn nnz_narrow_function(const nnz_op *op, uint32_t expand);

/* Bytes of scratch for a piece, a multiple of 64; 0 for float32. */
size_t nnz_narrow_scratch(const nnz_matrix_record *matrix);

nnz_narrow nnz_narrow_begin(const nnz_model *model, const nnz_matrix_record *matrix, nnz_expand_fn expand,
                            float *piece);

/* What nnz_block_run(block, a) and matvec(a) do, with values that are narrow and are expanded piece by piece. The calls
 * for a K-block must come for all rows, in order. */
void nnz_narrow_spmm(nnz_narrow *narrow, const nnz_block *block, const nnz_spmm_f32 *a);
void nnz_narrow_expand_matvec(nnz_narrow *narrow, nnz_matvec_f32_fn matvec, const nnz_matvec_f32 *a);

/* The product that `a` describes, where nnz_narrow_has_matvec(); needs no piece and no expansion. */
void nnz_narrow_matvec(nnz_narrow *narrow, nnz_matvec_narrow_fn matvec, const nnz_matvec_f32 *a);

#endif
