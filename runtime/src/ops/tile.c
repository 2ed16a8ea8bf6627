#include "tile.h"

#include "work.h"

#include <string.h>

enum {
    STEP_BYTES = 512 << 10, /* of the columns of a step: L2 holds them beside the weights */
    PANEL_BYTES = 64 << 10, /* of the weights of a panel in a walk: they stay while the tiles of a block pass */
    PANEL_ROWS = 8,         /* a panel is a multiple of them */
    FEW_IN_WALK = 4,        /* blocks of a row in a K-block: fewer are not worth a walk of their own */
    FEW_PIXELS = 32,        /* not worth another order of the weights */
};

/*
 * The widest tile of a sparse matrix, in vectors of 16 pixels, by measurement (docs/EXPERIMENTS.md). Decoding a weight
 * of u1 costs the less the more pixels it is multiplied by: as many as there are registers for their sums, or, where
 * rows are long, as many as leave the columns in L1.
 */
static uint32_t most_vectors(const nnz_matrix_record *m, const nnz_config *config) {
    enum { SHORT_WALK = 128 };
    if (m->encoding == NNZ_RB4 || nnz_isa_includes(config->isa, NNZ_ISA_AVX512))
        return 8;
    return m->cols > SHORT_WALK ? 5 : 6;
}

/* Bytes of the weights as the kernels see them. */
static uint64_t weight_bytes(const nnz_matrix_record *m) {
    const uint32_t block = nnz_block_rows(m) * sizeof(float);
    return m->encoding == NNZ_DENSE ? (uint64_t)m->rows * m->cols * sizeof(float) : (uint64_t)m->blocks * (block + 1);
}

/*
 * Whether planes of x serve as the tiles where they are. For blocks of one row, packing pays where each column is used
 * often, as it brings the pixels together in L1; a single tile of all pixels has them together as they are.
 */
static bool choose_direct(const nnz_tiling *t, const nnz_matrix_record *m) {
    enum { OFTEN = 16 };
    return m->encoding != NNZ_U1 || t->tiles == 1 || m->blocks / m->cols < OFTEN;
}

/* Packed rows of `kblocks` K-blocks where columns are shared. K-blocks may begin and end inside of a channel. */
static uint32_t shared_rows(const nnz_tiling *t, const nnz_matrix_record *m, const nnz_tile_source *from,
                            uint32_t kblocks) {
    const uint32_t channels = m->cols / from->taps, touched = nnz_ceil_div(kblocks * t->kblock, from->taps) + 1;
    return (uint32_t)nnz_min(touched, channels) * from->shared_taps;
}

static uint32_t packed_rows(const nnz_tiling *t, const nnz_matrix_record *m, const nnz_tile_source *from,
                            uint32_t kblocks) {
    return t->shared ? shared_rows(t, m, from, kblocks) : kblocks * t->kblock;
}

static uint64_t more_pixels(const nnz_tile_source *from) {
    return nnz_align(from->more_rows * (uint64_t)from->row, 16);
}

/*
 * Whether columns are shared (im2col.h): if that saves a third of the packing, at least half of their vectors begin
 * with a cache line, and a K-block of a tile fits. Over 28 x 28 outputs, loads that cross a line cost a product as much
 * as sharing saves.
 */
static bool choose_shared(const nnz_tiling *t, const nnz_matrix_record *m, const nnz_tile_source *from) {
    enum { BLOCK = 4, HALF_LINE = 8 };
    const uint64_t pixels = nnz_min(BLOCK, t->tiles) * (uint64_t)t->tile;
    return from->row % HALF_LINE == 0 &&
           (t->tile + more_pixels(from)) * shared_rows(t, m, from, 1) <= STEP_BYTES / sizeof(float) &&
           3 * (pixels + more_pixels(from)) * from->shared_taps <= 2 * pixels * from->taps;
}

/* Many weights are multiplied by as many pixels as L2 holds; shared columns are packed for many pixels. */
static void choose_block(nnz_tiling *t, const nnz_matrix_record *m, const nnz_tile_source *from) {
    const bool few = weight_bytes(m) <= NNZ_FEW_BYTES;
    const uint32_t rows = packed_rows(t, m, from, few ? t->kblocks : 1);
    const uint64_t pixels = STEP_BYTES / sizeof(float) / rows, more = t->shared ? more_pixels(from) : 0;
    const uint64_t most = pixels < more ? 0 : (pixels - more) / t->tile;
    t->block = (few && !t->shared) || most < 1 ? 1 : (uint32_t)nnz_min(most, t->tiles);
    t->blocks = nnz_ceil_div(t->tiles, t->block);
    t->in_turn = few;
}

/* Blocks of one row are walked one K-block at a time, whose pixels L1 holds; unless a row has so few in a K-block that
 * its sums would be stored and loaded again for little. Four rows share each load, and gain by longer walks. */
static void choose_walk(nnz_tiling *t, const nnz_matrix_record *m, const nnz_tile_source *from) {
    const size_t pixels = t->shared ? t->pitch : (size_t)t->block * t->tile;
    const uint64_t most = STEP_BYTES / (pixels * sizeof(float) * packed_rows(t, m, from, 1));
    const uint32_t held = most < 1 ? 1 : (uint32_t)nnz_min(most, t->kblocks);
    const bool few = m->encoding == NNZ_U1 && !t->pairs && m->blocks / t->kblocks < FEW_IN_WALK * (uint64_t)t->groups;
    t->walk = m->encoding == NNZ_RB4 || few ? held : 1;
    t->step = t->direct || (t->shared && !t->pairs) ? held : t->walk;
    t->step_rows = packed_rows(t, m, from, t->step);
}

/* The weights of a panel stay in the cache for several tiles or, of a dense matrix, for the vectors of a tile; its y
 * for several walks. Where there are none of these, all rows are one panel. So they are with narrow weights, which are
 * widened piece by piece (narrow.h). */
static void choose_panel(nnz_tiling *t, const nnz_matrix_record *m) {
    const uint64_t bytes = weight_bytes(m) * t->walk / t->kblocks;
    t->panel = m->rows;
    const bool once = (t->block == 1 || t->in_turn) && t->step == t->walk && m->encoding != NNZ_DENSE;
    if (once || t->pairs || m->dtype != NNZ_FLOAT32 || bytes <= PANEL_BYTES)
        return;
    const uint64_t rows = (uint64_t)PANEL_BYTES * m->rows / bytes / PANEL_ROWS * PANEL_ROWS;
    t->panel = rows < PANEL_ROWS ? PANEL_ROWS : (uint32_t)rows;
}

/* Tiles of `unit` times up to `most` pixels. */
static void cut_pixels(nnz_tiling *t, uint32_t pixels, uint32_t unit, uint32_t most) {
    const uint32_t units = nnz_ceil_div(pixels, unit);
    t->tile = unit * nnz_ceil_div(units, nnz_ceil_div(units, most));
    t->tiles = t->blocks = nnz_ceil_div(pixels, t->tile);
}

/* Dense kernels take three vectors at a time, whatever their width: all tiles but the last one are multiples of that.
 */
enum { DENSE_PIXELS = 48 };

static void cut_dense(nnz_tiling *t, uint32_t pixels, uint32_t widest) {
    t->tile = (uint32_t)nnz_min(nnz_align(pixels, 16), widest);
    t->tiles = t->blocks = nnz_ceil_div(pixels, t->tile);
}

/* Up to four pixels behind whole vectors cost less as the end of the last tile than in a tile of their own. Threads can
 * then share the 196 pixels of 14 x 14 evenly. */
static uint8_t tail_of_pairs(uint32_t pixels, const nnz_config *config) {
    enum { NARROW = 4 };
    const bool narrow = nnz_isa_includes(config->isa, NNZ_ISA_AVX512) && pixels % 16 <= NARROW;
    return narrow && config->threads > 1 && pixels > NNZ_PAIRS_PIXELS(config->isa) ? (uint8_t)(pixels % 16) : 0;
}

/*
 * Tiles for pairs of rows, and K-blocks of as many columns as L1 holds beside weights and sums; or a single K-block,
 * where that spares incomplete sums in scratch. They are kept there where rows of y begin inside a cache line, and
 * where threads write neighbouring lines of y: the CPU's prefetcher would fetch those of the other thread.
 */
static void cut_pairs(nnz_tiling *t, const nnz_matrix_record *m, uint32_t pixels, bool is_aligned,
                      const nnz_config *config) {
    enum { COLUMN_BYTES = 44 << 10, WHOLE = 256 };
    const uint32_t widest = NNZ_PAIRS_PIXELS(config->isa);
    t->tail = tail_of_pairs(pixels, config);
    cut_pixels(t, pixels - t->tail, 16, pixels <= widest ? nnz_ceil_div(widest, 16) : (widest - t->tail) / 16);
    const uint32_t most = (uint32_t)nnz_min(COLUMN_BYTES / ((t->tile + t->tail) * sizeof(float)), WHOLE);
    const uint32_t kblocks = m->cols <= WHOLE && !is_aligned ? 1 : nnz_ceil_div(m->cols, most);
    t->kblock = nnz_ceil_div(m->cols, kblocks);
    t->kblocks = nnz_ceil_div(m->cols, t->kblock);
    t->sums = t->kblocks > 1 && (!is_aligned || config->threads > 1);
    t->pairs = true;
}

/*
 * Whether rows are taken in pairs, by measurement (docs/EXPERIMENTS.md): if there are many pixels and a row has enough
 * weights in a K-block. If planes are read in place, all pixels must also fit into one tile, or columns be many.
 */
static bool choose_pairs(const nnz_matrix_record *m, uint32_t pixels, const nnz_tile_source *from,
                         const nnz_config *config) {
    enum { MANY_COLUMNS = 512 };
    if (!NNZ_TAKES_PAIRS(config->isa) || m->encoding != NNZ_U1 || m->dtype != NNZ_FLOAT32 || m->rows > UINT16_MAX)
        return false;
    const nnz_tiling row_by_row = {.tiles = nnz_ceil_div(pixels, 16 * most_vectors(m, config))};
    const bool in_place = from->is_direct && choose_direct(&row_by_row, m);
    nnz_tiling t = {0};
    cut_pairs(&t, m, pixels, from->is_aligned, config);
    return pixels > FEW_PIXELS && (!in_place || t.tiles == 1 || (row_by_row.tiles > 1 && m->cols >= MANY_COLUMNS)) &&
           t.kblock <= m->kblock && (t.kblocks == 1 || m->blocks / t.kblocks >= FEW_IN_WALK * (uint64_t)m->rows);
}

/* The plan holds blocks by walks if there are many pixels, and the columns of a walk are not too far apart. */
static void choose_layout(nnz_tiling *t, const nnz_matrix_record *m, uint32_t pixels, const nnz_tile_source *from,
                          const nnz_config *config) {
    const uint32_t pitch = t->direct ? from->stride : t->pitch;
    const bool is_near = (uint64_t)t->walk * t->kblock <= UINT32_MAX / sizeof(float) / pitch;
    if (NNZ_TAKES_WALKS(config->isa) && m->encoding == NNZ_RB4 && m->dtype == NNZ_FLOAT32 && pixels > FEW_PIXELS &&
        is_near)
        t->walk_pitch = pitch;
}

nnz_tiling nnz_tiling_choose(const nnz_matrix_record *m, uint32_t images, uint32_t pixels, const nnz_tile_source *from,
                             const nnz_config *config) {
    nnz_tiling t = {
        .kblock = m->encoding == NNZ_DENSE ? NNZ_DENSE_KBLOCK : m->kblock,
        .groups = nnz_groups(m),
        .part_groups = 1,
        .parts = 1,
    };
    t.kblocks = nnz_ceil_div(m->cols, t.kblock);
    if (m->encoding == NNZ_DENSE)
        cut_dense(&t, pixels, 2 * DENSE_PIXELS);
    else if (choose_pairs(m, pixels, from, config))
        cut_pairs(&t, m, pixels, from->is_aligned, config);
    else
        cut_pixels(&t, pixels, 16, most_vectors(m, config));
    t.shared = !nnz_isa_is_small(config->isa) && choose_shared(&t, m, from);
    choose_block(&t, m, from);
    if (NNZ_SEVERAL_THREADS && config->threads > 1)
        nnz_tiling_share(&t, m, images, pixels - t.tail, 16, config->threads);
    t.direct = from->is_direct && choose_direct(&t, m);
    t.pitch = (uint32_t)nnz_align((t.shared ? t.block * t.tile + more_pixels(from) : t.tile) + t.tail, 16);
    choose_walk(&t, m, from);
    choose_panel(&t, m);
    choose_layout(&t, m, pixels, from, config);
    return t;
}

/* Whether there are registers for the sums of a whole tile. */
static bool takes_whole_tiles_s8(nnz_isa isa) {
    return !NNZ_ONLY_SMALL && isa == NNZ_ISA_AVX512VNNI;
}

/* Pixels of a walk over the blocks of a row, at most. */
static uint32_t walk_pixels_s8(nnz_isa isa) {
    enum { PIXELS = 96 };
    if (takes_whole_tiles_s8(isa))
        return NNZ_TILE_S8_MAX;
    return NNZ_S8_TAKES_UNITS(isa) ? NNZ_UNITS_TILE : PIXELS;
}

/* Pixels of the widest tile, a multiple of `vector`: as many as L2 holds beside the weights, but not more than a walk
 * takes; or as many as L1 holds, where these are several walks over each row. With AVX2 a tile is one walk. On small
 * devices a tile is only so wide that packing costs little. */
static uint32_t most_pixels_s8(uint32_t units, uint32_t vector, const nnz_config *config) {
    enum { L1_BYTES = 32 << 10, L2_BYTES = 320 << 10, BYTES_SMALL = 2 << 10, CELL = 4 };
    const bool small = nnz_isa_is_small(config->isa);
    const uint32_t walk = walk_pixels_s8(config->isa) / vector;
    const uint32_t l1 = small || config->isa == NNZ_ISA_AVX2 ? 0 : L1_BYTES / (vector * CELL) / units;
    const uint32_t l2 = (small ? BYTES_SMALL : L2_BYTES) / (vector * CELL) / units;
    const uint32_t one_walk = l2 < walk ? l2 : walk, vectors = l1 > one_walk ? l1 : one_walk;
    return vectors < 1 ? vector : vectors * vector > NNZ_TILE_S8_MAX ? NNZ_TILE_S8_MAX : vectors * vector;
}

nnz_tiling nnz_tiling_choose_s8(const nnz_matrix_record *m, uint32_t images, uint32_t pixels,
                                const nnz_config *config) {
    /* Where it takes several tiles anyway, those of long sparse rows are not the widest: their cells are nearer. */
    enum { SEVERAL_S8 = 160, LONG_ROW_S8 = 64 };
    nnz_tiling t = {
        .kblock = m->kblock,
        .kblocks = m->encoding == NNZ_DENSE ? 1 : nnz_kblocks(m),
        .step = 1,
        .block = 1,
        .groups = nnz_groups(m),
        .part_groups = (uint8_t)(8 / nnz_block_rows(m)),
        .parts = 1,
    };
    const uint32_t vector = nnz_isa_is_small(config->isa) ? 4 : 16, units = (m->cols + 3) / 4;
    uint32_t most = most_pixels_s8(units, vector, config);
    if (m->encoding != NNZ_DENSE && units >= LONG_ROW_S8 && pixels > most && most > SEVERAL_S8)
        most = SEVERAL_S8;
    if (m->encoding == NNZ_DENSE && takes_whole_tiles_s8(config->isa) && pixels > most && most > DENSE_PIXELS)
        cut_dense(&t, pixels, most - most % DENSE_PIXELS);
    else
        cut_pixels(&t, pixels, vector, most / vector);
    if (NNZ_SEVERAL_THREADS && config->threads > 1)
        nnz_tiling_share(&t, m, images, pixels, vector, config->threads);
    return t;
}

/* Fills the entry of a part that begins at group `g`. */
static void begin_part(const nnz_tiling *t, const nnz_matrix_record *m, const nnz_model *model, uint32_t g,
                       uint32_t *begin, uint32_t *start) {
    uint32_t row = g * nnz_block_rows(m);
    *begin = row < m->rows ? row : m->rows;
    for (uint32_t kb = 0; kb < t->kblocks; kb++) {
        start[kb] = 0;
        if (m->encoding == NNZ_DENSE || t->pairs)
            continue;
        const uint16_t *count = (const uint16_t *)nnz_model_data(model, m->count) + (size_t)kb * t->groups;
        start[kb] = ((const uint32_t *)nnz_model_data(model, m->start))[kb];
        for (uint32_t i = 0; i < g; i++)
            start[kb] += count[i];
    }
}

nnz_tiling_task nnz_tiling_task_at(const nnz_tiling *t, uint32_t i) {
    const uint32_t in_image = i % (t->blocks * t->parts), block = in_image % t->blocks;
    return (nnz_tiling_task){
        .image = i / (t->blocks * t->parts),
        .part = in_image / t->blocks,
        .first = block * t->block * t->tile,
        .tiles = (uint32_t)nnz_min(t->block, t->tiles - block * t->block),
    };
}

uint64_t nnz_tiling_table_bytes(const nnz_tiling *t) {
    return t->parts == 1 ? 0 : (1 + t->parts * (1 + (uint64_t)t->kblocks)) * sizeof(uint32_t);
}

void nnz_tiling_fill_table(const nnz_tiling *t, const nnz_matrix_record *m, const nnz_model *model, uint32_t *table) {
    if (!NNZ_SEVERAL_THREADS || t->parts == 1)
        return;
    uint32_t *begin = table, *start = table + t->parts + 1, part = 0;
    uint64_t before = 0;
    for (uint32_t g = 0; g < t->groups; g++) {
        const bool by_groups = m->encoding == NNZ_DENSE || !m->blocks;
        const uint64_t done = by_groups ? g : before, all = by_groups ? t->groups : m->blocks;
        for (; g % t->part_groups == 0 && part < t->parts && part * all <= t->parts * done; part++)
            begin_part(t, m, model, g, begin + part, start + (size_t)part * t->kblocks);
        for (uint32_t kb = 0; m->encoding != NNZ_DENSE && kb < nnz_kblocks(m); kb++)
            before += ((const uint16_t *)nnz_model_data(model, m->count))[(size_t)kb * t->groups + g];
    }
    for (; part < t->parts; part++)
        begin_part(t, m, model, t->groups, begin + part, start + (size_t)part * t->kblocks);
    begin[t->parts] = m->rows;
}

nnz_row_part nnz_tiling_part(const nnz_tiling *t, const nnz_matrix_record *m, const nnz_model *model,
                             const uint32_t *table, uint32_t part, uint32_t *cursor) {
    const uint32_t *start = m->encoding == NNZ_DENSE ? NULL : nnz_model_data(model, m->start);
    nnz_row_part rows = {0, m->rows, 0};
    if (NNZ_SEVERAL_THREADS && t->parts > 1) {
        rows = (nnz_row_part){table[part], table[part + 1], part};
        start = table + t->parts + 1 + (size_t)part * t->kblocks;
    }
    if (start && !t->pairs)
        memcpy(cursor, start, t->kblocks * sizeof *cursor);
    return rows;
}

size_t nnz_tiling_cursor_bytes(const nnz_tiling *t) {
    return t->kblocks * sizeof(uint32_t);
}

size_t nnz_tiling_packed_bytes(const nnz_tiling *t) {
    return t->direct ? 0 : (t->shared ? 1 : t->block) * (size_t)t->step_rows * t->pitch * sizeof(float);
}

size_t nnz_tiling_sums_bytes(const nnz_tiling *t, const nnz_matrix_record *m) {
    return t->sums ? m->rows * nnz_tiling_sums_pitch(t) * sizeof(float) : 0;
}
