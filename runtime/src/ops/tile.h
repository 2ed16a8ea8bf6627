/*
 * How a product y = W x over many pixels is cut (docs/ARCHITECTURE.md defines the terms). A task takes a block of tiles
 * of pixels and a part of the rows. Where the weights are more than the caches hold, they are read from memory once for
 * each block: a panel of rows is multiplied by all its tiles before the next panel.
 */
#ifndef NNZ_TILE_H
#define NNZ_TILE_H

#include "../op.h"

enum {
    NNZ_DENSE_KBLOCK = 256,    /* columns of a K-block of a dense matrix, which has none of its own */
    NNZ_FEW_BYTES = 512 << 10, /* of weights: so many stay in L2 from tile to tile */
};

typedef struct nnz_tiling {
    uint32_t tile;            /* pixels of a tile, a multiple of 16 */
    uint32_t tiles;           /* of an image */
    uint32_t block, blocks;   /* tiles of a block; blocks of an image */
    uint32_t panel;           /* rows that are multiplied by all tiles of a block before the next rows */
    uint32_t kblock, kblocks; /* the matrix's own; chosen here for a dense one */
    bool direct;              /* planes of x serve as the tiles where they are */
    bool shared;              /* columns that hold the same inputs are packed once, for all tiles of a block */
    bool in_turn;             /* each tile of a block is multiplied by all rows before the next tile */
    bool pairs;               /* the plan holds weights as pairs of rows (pairs.h), in K-blocks whose pixels L1 holds */
    bool sums;                /* of pairs: incomplete sums are kept in scratch, not in y */
    uint8_t tail;             /* pixels that the last tile of an image has beyond `tile` */
    uint32_t walk_pitch;      /* elements between columns where the plan holds blocks by walks (walks.h), else 0 */
    uint8_t part_groups;      /* a part is a multiple of so many groups, but for the last */
    uint32_t pitch;           /* elements between packed rows */
    uint32_t step;      /* K-blocks that are packed, unless `direct`, and multiplied by all rows before the next */
    uint32_t step_rows; /* packed rows of a step, at most */
    uint32_t walk;      /* K-blocks of a call of the kernel, over which sums stay in registers */
    uint32_t groups;    /* of rows */
    uint32_t parts;     /* of the groups, for threads that tiles alone do not keep busy */
} nnz_tiling;

/* What tiles are made of. */
typedef struct nnz_tile_source {
    bool is_direct;             /* planes of x have the layout of tiles */
    uint32_t stride;            /* elements between planes of x */
    bool is_aligned;            /* planes of y begin with lines of the cache */
    uint32_t taps, shared_taps; /* of a channel: columns, and packed rows where columns are shared (im2col.h) */
    uint32_t row, more_rows;    /* outputs of a row; rows behind those of a block that shared columns need */
} nnz_tile_source;

nnz_tiling nnz_tiling_choose(const nnz_matrix_record *matrix, uint32_t images, uint32_t pixels,
                             const nnz_tile_source *source, const nnz_config *config);

/* For an int8 matrix: all K-blocks are packed at once, and parts are multiples of 8 rows. */
nnz_tiling nnz_tiling_choose_s8(const nnz_matrix_record *matrix, uint32_t images, uint32_t pixels,
                                const nnz_config *config);

/* Cuts for several threads what `tiling` cuts for one: tiles of `unit` times some pixels, blocks and parts. */
void nnz_tiling_share(nnz_tiling *tiling, const nnz_matrix_record *matrix, uint32_t images, uint32_t pixels,
                      uint32_t unit, uint32_t threads);

/* Task i of images x parts x blocks: `tiles` tiles of an image from pixel `first` on, for a part of the rows. A part's
 * blocks are neighbours, so that a thread reads few weights. */
typedef struct nnz_tiling_task {
    uint32_t image, part, first, tiles;
} nnz_tiling_task;

nnz_tiling_task nnz_tiling_task_at(const nnz_tiling *tiling, uint32_t i);

/* Of an image's `pixels`, those of a task: the last one has the tail, too. */
static inline uint32_t nnz_tiling_task_pixels(const nnz_tiling *tiling, const nnz_tiling_task *task, uint32_t pixels) {
    const uint32_t left = pixels - task->first, whole = task->tiles * tiling->tile;
    return left <= whole + tiling->tail ? left : whole;
}

/* The table of parts, alike in blocks: their first rows [parts + 1], then the blocks before them [parts][kblocks]. A
 * single part has none: all is in the matrix. */
uint64_t nnz_tiling_table_bytes(const nnz_tiling *tiling);
void nnz_tiling_fill_table(const nnz_tiling *tiling, const nnz_matrix_record *matrix, const nnz_model *model,
                           uint32_t *table);

/* The rows of a part; cursor[kblocks] is set to its first blocks. */
typedef struct nnz_row_part {
    uint32_t begin, end, part;
} nnz_row_part;

nnz_row_part nnz_tiling_part(const nnz_tiling *tiling, const nnz_matrix_record *matrix, const nnz_model *model,
                             const uint32_t *table, uint32_t part, uint32_t *cursor);

/* A thread's scratch: the packed block, the sums, the cursors. */
size_t nnz_tiling_packed_bytes(const nnz_tiling *tiling);
size_t nnz_tiling_cursor_bytes(const nnz_tiling *tiling);

/* Elements between the sums of rows that wait in scratch, and their bytes. */
static inline size_t nnz_tiling_sums_pitch(const nnz_tiling *tiling) {
    return (size_t)nnz_align((uint64_t)tiling->block * tiling->tile + tiling->tail, 16);
}
size_t nnz_tiling_sums_bytes(const nnz_tiling *tiling, const nnz_matrix_record *matrix);

#endif
