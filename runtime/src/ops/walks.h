/* Blocks of four rows in the order in which a kernel reads them (nnz_walk, kernel_f32.h), which the plan holds: for
 * each walk, group by group, the blocks of all its K-blocks. */
#ifndef NNZ_WALKS_H
#define NNZ_WALKS_H

#include "tile.h"

/* A matrix of encoding `rb4`, and the walks that a tiling cuts it into. */
typedef struct nnz_walks_source {
    uint32_t groups, cols, blocks;
    uint32_t kblock, kblocks;
    uint32_t walk;          /* K-blocks */
    uint32_t pitch;         /* elements between columns, unless they lie at `offset` */
    const uint32_t *offset; /* [cols], elements from the beginning of a walk, or NULL */
    const float *values;
    const uint8_t *index;
    const uint16_t *count;
    const uint32_t *start;
} nnz_walks_source;

nnz_walks_source nnz_walks_source_of(const nnz_model *model, const nnz_matrix_record *matrix, const nnz_tiling *tiling,
                                     const uint32_t *offset);

/* The bytes that they take, and writing them. */
uint64_t nnz_walks_bytes(const nnz_walks_source *source);
void nnz_walks_fill(const nnz_walks_source *source, void *memory);

/* The first walk; `start` of the next is groups + 1 further on. */
nnz_walk nnz_walks_at(const nnz_walks_source *source, const void *memory);

#endif
