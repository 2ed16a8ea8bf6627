#include "block.h"

#include <string.h>

void nnz_block_run(const nnz_block *b, const nnz_spmm_f32 *first_tile) {
    nnz_spmm_f32 a = *first_tile;
    uint32_t *const cursor = a.cursor;
    for (uint32_t i = 0; i < b->tiles; i++) {
        const bool is_last = i + 1 == b->tiles;
        a.pixels = is_last ? b->last_tile : b->tile;
        a.cursor = is_last ? cursor : b->cursor; /* the last one moves the caller's */
        if (cursor && !is_last)
            memcpy(b->cursor, cursor, (a.kblock_end - a.kblock_begin) * sizeof *cursor);
        b->kernel(&a);
        a.x += b->x_step;
        a.y += b->tile;
        if (a.residual)
            a.residual += b->tile;
        if (a.sums)
            a.sums += b->tile;
    }
}
