/*
 * How a product is cut for several threads. Each takes an equal number of neighbouring tasks (host/threads.c), and the
 * thread with most work ends last: of all cuts near that for one thread, the one that gives it least is taken.
 */
#include "tile.h"
#include "work.h"

/* Costs in multiply-adds. */
enum {
    READ = 32, /* of reading a weight from memory: few weights once a thread, many once a task */
    PACK = 4,  /* of packing a pixel */
    FETCH = 1, /* more for that where parts share the pixels, which then come from other threads' caches */
};

/* The work of the thread that has most, for one column of the weights. */
static uint32_t most_work(const nnz_tiling *t, const nnz_matrix_record *m, uint32_t tasks, uint32_t pixels,
                          uint32_t threads) {
    const uint32_t weights = m->blocks / m->cols * nnz_block_rows(m) * nnz_block_cols(m) / t->parts;
    const uint32_t pack = PACK + (t->parts > 1 ? FETCH : 0);
    const bool few = (uint64_t)weights * m->cols * sizeof(float) <= NNZ_FEW_BYTES;
    uint32_t most = 0;
    for (uint32_t i = 0, thread = 1; thread <= threads; thread++) {
        uint32_t work = 0;
        for (const uint32_t begin = i; i < tasks * thread / threads; i++) {
            const nnz_tiling_task task = nnz_tiling_task_at(t, i);
            const uint64_t n = nnz_min(task.tiles * t->tile, pixels - task.first);
            work += (weights + pack) * (uint32_t)n;
            if (i == begin || task.first == 0 || !few)
                work += weights * READ;
        }
        most = work > most ? work : most;
    }
    return most;
}

void nnz_tiling_share(nnz_tiling *t, const nnz_matrix_record *m, uint32_t images, uint32_t pixels, uint32_t unit,
                      uint32_t threads) {
    enum { MANY = 8 }; /* tasks a thread: more are shared out evenly however they are cut */
    const uint32_t units = nnz_ceil_div(pixels, unit), least = t->tiles, most_pixels = t->block * t->tile;
    const uint32_t most_parts = nnz_ceil_div(t->groups, t->part_groups);
    nnz_tiling try = *t;
    uint32_t best = UINT32_MAX;
    for (uint32_t tiles = least; tiles <= units && tiles <= least + 2 * threads; tiles++) {
        try.tile = unit * nnz_ceil_div(units, tiles);
        try.tiles = nnz_ceil_div(pixels, try.tile);
        for (try.block = 1; try.block <= try.tiles && try.block * try.tile <= most_pixels; try.block++) {
            try.blocks = nnz_ceil_div(try.tiles, try.block);
            for (try.parts = 1; try.parts <= most_parts && try.parts <= 2 * threads; try.parts++) {
                const uint64_t tasks = (uint64_t)images * try.blocks * try.parts;
                if (tasks > MANY * threads)
                    break;
                const uint32_t work = most_work(&try, m, (uint32_t)tasks, units * unit, threads);
                if (work < best) {
                    best = work;
                    *t = try;
                }
            }
        }
    }
}
