/* The product of a matrix and a block of tiles, one step of K-blocks at a time, in the order that its tiling asks for:
 * panel by panel of rows over all tiles, or tile by tile. */
#ifndef NNZ_PRODUCT_H
#define NNZ_PRODUCT_H

#include "activation.h"
#include "narrow.h"
#include "tile.h"

typedef struct nnz_product {
    const nnz_tiling *tiling;
    const nnz_activation *activation; /* of rows whose sums are complete */
    const void *pairs;                /* of rows, where the tiling has them (pairs.h) */
    nnz_walk walk;                    /* the first one, where the tiling has them (walks.h) */
    nnz_narrow narrow;
    nnz_row_part rows;
    nnz_block block;
} nnz_product;

/* The K-blocks [begin, end), a step. `step` has x, offsets and cursors of the first of them, and what they all share,
 * for the first tile. */
void nnz_product_step(nnz_product *product, const nnz_spmm_f32 *step, uint32_t begin, uint32_t end);

#endif
