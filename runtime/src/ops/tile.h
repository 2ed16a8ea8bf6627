/* How a product y = W x over many pixels is cut: tiles of pixels, steps of K-blocks, parts of the rows. */
#ifndef NNZ_TILE_H
#define NNZ_TILE_H

#include "../op.h"

typedef struct nnz_tiling {
    uint32_t tile;            /* pixels of a tile, a multiple of 16 */
    uint32_t tiles;           /* of an image */
    uint32_t kblock, kblocks; /* the matrix's own; chosen here for a dense one */
    uint32_t step;            /* K-blocks packed at a time */
    uint32_t groups;          /* of rows */
    uint32_t part_groups;     /* a part is a multiple of so many groups, but for the last */
    uint32_t parts;           /* of the groups, for threads that tiles alone do not keep busy */
} nnz_tiling;

nnz_tiling nnz_tiling_choose(const nnz_matrix_record *matrix, uint32_t images, uint32_t pixels,
                             const nnz_config *config);

/* For an int8 matrix: all K-blocks are packed at once, and parts are multiples of 8 rows. */
nnz_tiling nnz_tiling_choose_s8(const nnz_matrix_record *matrix, uint32_t images, uint32_t pixels,
                                const nnz_config *config);

/* begin[parts + 1]: the first row of each part, parts alike in blocks; start[parts][kblocks]: the blocks before it (0
 * for a dense matrix). */
void nnz_tiling_parts(const nnz_tiling *tiling, const nnz_matrix_record *matrix, const nnz_model *model,
                      uint32_t *begin, uint32_t *start);

/* A thread's scratch: the cursors, then the packed tile. */
size_t nnz_tiling_cursor_bytes(const nnz_tiling *tiling);
size_t nnz_tiling_scratch(const nnz_tiling *tiling);

#endif
