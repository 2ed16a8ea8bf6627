/* A convolution in float32 as its record describes it, and whether the record is valid. */
#ifndef NNZ_CONV_SHAPE_H
#define NNZ_CONV_SHAPE_H

#include "window.h"

/* Its inputs and parameters. */
enum { NNZ_CONV_X, NNZ_CONV_BIAS, NNZ_CONV_RESIDUAL, NNZ_CONV_SLOPE, NNZ_CONV_INPUTS };
enum { NNZ_CONV_MATRIX, NNZ_CONV_WINDOW, NNZ_CONV_PARAMS = NNZ_CONV_WINDOW + 10 };

typedef struct nnz_conv_shape {
    nnz_map in, out;
    nnz_window window;
    const nnz_matrix_record *matrix;
} nnz_conv_shape;

/* Fails where a tensor's rank or a parameter is out of range. */
nnz_status nnz_conv_shape_of(const nnz_op *op, nnz_conv_shape *shape, nnz_error *error);

/* Validates the operator. */
nnz_status nnz_conv_check(const nnz_op *op, nnz_error *error);

#endif
