/* A block of tiles: neighbouring tiles of pixels that are multiplied by some weights before the next weights are read.
 */
#ifndef NNZ_BLOCK_H
#define NNZ_BLOCK_H

#include "../kernel.h"

typedef struct nnz_block {
    nnz_spmm_f32_fn kernel;
    uint32_t tiles;
    uint32_t tile, last_tile; /* pixels of a tile, and of the last one */
    size_t x_step;            /* elements between tiles of x */
    uint32_t *cursor;         /* scratch: a cursor for each K-block of a call */
} nnz_block;

static inline uint32_t nnz_block_pixels(const nnz_block *block) {
    return (block->tiles - 1) * block->tile + block->last_tile;
}

/* The kernel on every tile; `first_tile` is its arguments for the first. */
void nnz_block_run(const nnz_block *block, const nnz_spmm_f32 *first_tile);

#endif
