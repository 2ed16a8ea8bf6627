/* What follows a sum of products: clipping in the kernel, or a function or slope on the finished run. */
#ifndef NNZ_ACTIVATION_H
#define NNZ_ACTIVATION_H

#include "../op.h"

typedef struct nnz_activation {
    float lo, hi; /* what the kernel clips to */
    int function; /* for unary: an NNZ_ACT_ value; NNZ_ACT_NONE: nothing */
    float act[2];
    nnz_unary_f32_fn unary;
    nnz_binary_f32_fn binary;
    const float *slope; /* [rows] of a PRelu, or NULL */
} nnz_activation;

/* The record's activation is valid, and input `slope` absent or a constant of `rows` elements without another
 * activation. */
nnz_status nnz_activation_check(const nnz_op *op, uint32_t slope, size_t rows, nnz_error *error);

/* Input `residual` is absent, or a float32 tensor of y's element count. */
nnz_status nnz_residual_check(const nnz_op *op, uint32_t residual, nnz_error *error);

/* Finds the position of the kernel that the activation needs, if any; fails where the program has none. */
nnz_status nnz_activation_plan(const nnz_op *op, const nnz_config *config, uint32_t slope, uint32_t *id,
                               nnz_error *error);

/* The activation at work: `id` is what nnz_activation_plan() found. */
nnz_activation nnz_activation_of(const nnz_op *op, uint32_t slope, uint32_t id);

/* Finishes y[0..n) of a row (an output channel). */
void nnz_activation_run(const nnz_activation *activation, uint32_t row, float *y, size_t n);

/* Finishes n elements of each of `rows` rows, which lie at distances of `stride`. */
void nnz_activation_rows(const nnz_activation *activation, uint32_t row, uint32_t rows, float *y, size_t stride,
                         size_t n);

#endif
