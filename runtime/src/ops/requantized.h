/* What the int8 products share: the end of their parameters, and bias and multiplier. */
#ifndef NNZ_REQUANTIZED_H
#define NNZ_REQUANTIZED_H

#include "../op.h"

/* The last five parameters ZY, lo, hi, S of an int8 product, and its per-channel constants. */
typedef struct nnz_requantized {
    int32_t zero, lo, hi;
    uint32_t shift;
    const int32_t *bias, *multiplier; /* [rows] */
} nnz_requantized;

/* `params` are ZY, lo, hi, S; inputs `bias` and `bias` + 1 hold the constants, of `rows` elements. */
nnz_status nnz_requantized_check(const nnz_op *op, const uint32_t *params, uint32_t bias, uint32_t rows,
                                 nnz_error *error);
nnz_requantized nnz_requantized_of(const nnz_op *op, const uint32_t *params, uint32_t bias);

/* corrected[r] = bias[r] - offset x the sum of row r of an int8 matrix: for kernels that see x + offset. */
void nnz_correct_bias(const nnz_model *model, const nnz_matrix_record *matrix, const int32_t *bias, int32_t offset,
                      int32_t *corrected);

#endif
