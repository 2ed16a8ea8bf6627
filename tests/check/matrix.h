/* Random matrices in the encodings of docs/FORMAT.md section 5, for the tests of products. */
#ifndef NNZ_CHECK_MATRIX_H
#define NNZ_CHECK_MATRIX_H

#include "check.h"

typedef struct check_matrix {
    uint32_t rows, cols, height; /* height: rows of a block */
    bool dense;
    uint32_t kblock, kblocks, groups, blocks;
    float *plain; /* [rows][cols] */
    float *values;
    uint8_t *index;
    uint16_t *count;
    uint32_t *start;
} check_matrix;

/* Blocks are there with a chance of `percent`; a dense matrix has them all, and K-blocks that its encoding does not
 * know of. */
void check_matrix_make(check_matrix *m, uint32_t rows, uint32_t cols, uint32_t kblock, uint32_t height, bool dense,
                       uint32_t percent);

/* Rows of a block of float32 weights in an encoding. */
static inline uint32_t check_matrix_height(int encoding) {
    return encoding == NNZ_U1 ? 1 : encoding == NNZ_RB4 ? 4 : 8;
}

/* The next block of K-block kb at row `row`, a multiple of the height, or the number of rows. */
uint32_t check_matrix_cursor(const check_matrix *m, uint32_t kb, uint32_t row);

/* A random row that a range may begin at. */
uint32_t check_matrix_row(const check_matrix *m);

#endif
