/* Random int8 matrices in the encodings of docs/FORMAT.md section 5, for the tests of products. */
#ifndef NNZ_CHECK_MATRIX_S8_H
#define NNZ_CHECK_MATRIX_S8_H

#include "check.h"

typedef struct check_matrix_s8 {
    uint32_t rows, cols, height, width; /* height, width: rows and columns of a block */
    bool dense;
    uint32_t units, kblock, kblocks, groups, blocks;
    int8_t *plain; /* [rows][cols] */
    int8_t *values;
    uint8_t *index;
    uint16_t *count;
    uint32_t *start;
} check_matrix_s8;

/* A matrix of `encoding` (an NNZ_ value); a sparse one has blocks with a chance of `percent`. */
void check_matrix_s8_make(check_matrix_s8 *m, uint32_t rows, uint32_t cols, int encoding, uint32_t percent);

/* cursor[kb]: the next block of each K-block at row `row`, a multiple of the height, or the number of rows. */
void check_matrix_s8_cursors(const check_matrix_s8 *m, uint32_t row, uint32_t *cursor);

/* bias - offset x the sums of the rows' weights: what a variant takes that adds `offset` to each x. */
int32_t *check_matrix_s8_bias(const check_matrix_s8 *m, const int32_t *bias, int32_t offset);

/* Its weights over `units` units of four columns, each exact by itself and with its partner, or of any two columns
 * (`apart`). */
nnz_s8_units check_matrix_s8_units(const check_matrix_s8 *m, uint32_t units, nnz_isa isa, bool apart);

#endif
