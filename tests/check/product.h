/* Products of random matrices with random tiles, for the tests of spmm_f32_*. */
#ifndef NNZ_CHECK_PRODUCT_H
#define NNZ_CHECK_PRODUCT_H

#include "matrix.h"

/* What stays the same over the steps of a product; y[r][p] at y + r ldy + p, and the residual likewise. */
typedef struct check_product {
    check_matrix m;
    uint32_t pixels, ldx;
    size_t ldy, ldr;
    float *x, *y;
    uint32_t *offset; /* of the columns of x; NULL: k ldx */
    float *bias, *residual;
    float lo, hi;
} check_product;

/* A random product over at most so many pixels. */
check_product check_product_make(uint32_t height, bool dense, uint32_t most_pixels);

/* x: a packed tile, with `margin` sixteens of elements behind each column; pixels beyond the last are readable, and of
 * no use.
 */
void check_product_tile(check_product *p, uint32_t margin);

/* The pixels of column k. */
const float *check_product_column(const check_product *p, uint32_t k);

/* One call: rows [row_begin, row_end), K-blocks [kblock_begin, kblock_end). `cursor` as in the contract. */
nnz_spmm_f32 check_product_arguments(const check_product *p, uint32_t row_begin, uint32_t row_end,
                                     uint32_t kblock_begin, uint32_t kblock_end, uint32_t *cursor);

/* Compares these rows of y with the product in double precision; nothing else may be written. */
void check_product_result(check *c, const check_product *p, uint32_t row_begin, uint32_t row_end);

#endif
