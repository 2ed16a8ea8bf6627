/* Random runs of narrow values (docs/FORMAT.md section 5), for the tests of what expands or multiplies them. */
#ifndef NNZ_CHECK_NARROW_H
#define NNZ_CHECK_NARROW_H

#include "check.h"

enum { CHECK_NARROW_SLACK = 64 };

/* Runs of a matrix of `bits` wide values. */
typedef struct check_narrow {
    uint32_t bits, height, runs, share;
    size_t first;          /* blocks that precede the runs */
    size_t blocks, shares; /* of the runs */
    uint8_t *values;       /* of the whole matrix */
    uint16_t *count;
    void *scale;   /* as stored, or NULL */
    float *scales; /* what each stored one stands for */
} check_narrow;

/* `finite`: float16 without infinities and NaN, but for what is read behind the values. */
void check_narrow_make(check_narrow *k, uint32_t bits, uint32_t height, uint32_t runs, uint32_t most, bool finite);

/* The shares of run r. */
size_t check_narrow_shares(const check_narrow *k, uint32_t r);

/* What row i of block b of run r stands for; `block` and `share` of the runs precede the run. */
float check_narrow_value(const check_narrow *k, uint32_t r, size_t block, size_t share, uint32_t b, uint32_t i);

#endif
