/* Single weights as pairs of rows (nnz_pairs, kernel_f32.h), which the plan holds for each K-block and part of the rows
 * of a matrix. */
#ifndef NNZ_PAIRS_H
#define NNZ_PAIRS_H

#include "tile.h"

/* A matrix of encoding `u1`, and the K-blocks and parts that a tiling cuts it into. */
typedef struct nnz_pairs_source {
    uint32_t rows, cols, blocks;
    uint32_t kblock, kblocks, parts;
    const uint32_t *part_begin; /* [parts + 1]: the first row of each; NULL: a single part */
    bool packed;                /* columns are `pitch` elements apart, or lie at `offset` */
    uint32_t pitch;
    const uint32_t *offset; /* [cols], from the beginning of a step, or NULL */
    uint32_t file_kblock;   /* columns of a K-block as it is stored, at least kblock */
    const float *values;
    const uint8_t *index;
    const uint16_t *count;
    const uint32_t *start;
} nnz_pairs_source;

nnz_pairs_source nnz_pairs_source_of(const nnz_model *model, const nnz_matrix_record *matrix, const nnz_tiling *tiling,
                                     const uint32_t *part_begin, const uint32_t *offset);

/* The bytes that they take, and writing them. */
uint64_t nnz_pairs_bytes(const nnz_pairs_source *source);
void nnz_pairs_fill(const nnz_pairs_source *source, void *memory);

/* Those of K-block i / parts and part i % parts; the unit is ldx where columns are not packed. */
nnz_pairs nnz_pairs_at(const void *memory, uint32_t i, uint32_t unit);

#endif
