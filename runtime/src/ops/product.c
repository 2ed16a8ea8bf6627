#include "product.h"

#include "pairs.h"

#include <string.h>

/* Multiplies a panel of rows by all tiles of the block, walk by walk, before the next panel. */
static void step_by_panels(nnz_product *p, const nnz_block *block, const nnz_spmm_f32 *step, uint32_t begin,
                           uint32_t end) {
    const nnz_tiling *t = p->tiling;
    nnz_spmm_f32 a = *step;
    for (a.row_begin = p->rows.begin; a.row_begin < p->rows.end; a.row_begin = a.row_end) {
        a.row_end = (uint32_t)nnz_min(a.row_begin + (uint64_t)t->panel, p->rows.end);
        for (uint32_t kb = begin; kb < end; kb = a.kblock_end) {
            a.x = step->x;
            a.offset = step->offset;
            nnz_spmm_skip(&a, kb - begin);
            a.cursor = step->cursor + (kb - begin);
            a.kblock_begin = kb;
            a.kblock_end = (uint32_t)nnz_min(kb + t->walk, end);
            a.first = kb == 0;
            a.last = a.kblock_end == t->kblocks;
            if (t->pairs)
                a.pairs = nnz_pairs_at(p->pairs, kb * t->parts + p->rows.part, t->direct ? a.ldx : NNZ_PAIRS_UNIT);
            a.walk = p->walk;
            if (a.walk.start)
                a.walk.start += (size_t)(kb / t->walk) * (t->groups + 1);
            if (p->narrow.expand)
                nnz_narrow_spmm(&p->narrow, block, &a);
            else
                nnz_block_run(block, &a);
        }
        if (a.last)
            nnz_activation_rows(p->activation, a.row_begin, a.row_end - a.row_begin, a.y + a.row_begin * a.ldy, a.ldy,
                                nnz_block_pixels(block));
    }
}

/* Multiplies all rows by a tile, before the next tile. */
static void step_by_tiles(nnz_product *p, const nnz_spmm_f32 *step, uint32_t begin, uint32_t end) {
    const nnz_block *block = &p->block;
    const nnz_narrow start = p->narrow;
    nnz_spmm_f32 a = *step;
    a.cursor = block->cursor;
    for (uint32_t i = 0; i < block->tiles; i++) {
        nnz_block one = *block;
        one.tiles = 1;
        one.last_tile = i + 1 < block->tiles ? block->tile : block->last_tile;
        p->narrow = start;
        if (step->cursor)
            memcpy(a.cursor, step->cursor, (end - begin) * sizeof *a.cursor);
        step_by_panels(p, &one, &a, begin, end);
        a.x += block->x_step;
        a.y += block->tile;
        if (a.residual)
            a.residual += block->tile;
        if (a.sums)
            a.sums += block->tile;
    }
}

void nnz_product_step(nnz_product *p, const nnz_spmm_f32 *step, uint32_t begin, uint32_t end) {
    if (p->tiling->in_turn)
        step_by_tiles(p, step, begin, end);
    else
        step_by_panels(p, &p->block, step, begin, end);
}
