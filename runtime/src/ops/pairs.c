#include "pairs.h"

enum { LONGEST = 256 }; /* weights of a row in a K-block */

nnz_pairs_source nnz_pairs_source_of(const nnz_model *model, const nnz_matrix_record *m, const nnz_tiling *t,
                                     const uint32_t *part_begin, const uint32_t *offset) {
    return (nnz_pairs_source){
        .rows = m->rows,
        .cols = m->cols,
        .blocks = m->blocks,
        .kblock = t->kblock,
        .kblocks = t->kblocks,
        .parts = t->parts,
        .part_begin = t->parts > 1 ? part_begin : NULL,
        .packed = !t->direct,
        .pitch = t->pitch,
        .offset = t->shared ? offset : NULL,
        .file_kblock = m->kblock,
        .values = nnz_model_data(model, m->values),
        .index = nnz_model_data(model, m->index),
        .count = nnz_model_data(model, m->count),
        .start = nnz_model_data(model, m->start),
    };
}

/* ---- In memory --------------------------------------------------------------------------------------------------- */

/* A K-block and part of the rows: where its tables lie, in bytes from the beginning of the memory. */
typedef struct pairs_entry {
    uint64_t row, count, values, column;
    uint32_t rows;
} pairs_entry;

typedef struct layout {
    pairs_entry *entry; /* [kblocks][parts] */
    uint32_t *end;      /* [2][rows]: while it is filled, the ends of rows in two of the file's K-blocks */
    float *values;
    uint16_t *row;   /* [kblocks][rows] */
    uint16_t *count; /* [kblocks][rows] */
    uint16_t *column;
} layout;

static uint64_t lay_out(const nnz_pairs_source *s, uint8_t *base, layout *l) {
    uint64_t at = 0;
    l->entry = nnz_take(base, &at, (uint64_t)s->kblocks * s->parts * sizeof *l->entry);
    l->end = nnz_take(base, &at, 2 * (uint64_t)s->rows * sizeof *l->end);
    l->values = nnz_take(base, &at, (uint64_t)s->blocks * sizeof *l->values);
    l->row = nnz_take(base, &at, (uint64_t)s->kblocks * s->rows * sizeof *l->row);
    l->count = nnz_take(base, &at, (uint64_t)s->kblocks * s->rows * sizeof *l->count);
    l->column = nnz_take(base, &at, (uint64_t)s->blocks * sizeof *l->column);
    return at;
}

uint64_t nnz_pairs_bytes(const nnz_pairs_source *s) {
    layout l;
    return lay_out(s, NULL, &l);
}

nnz_pairs nnz_pairs_at(const void *memory, uint32_t i, uint32_t unit) {
    const uint8_t *base = memory;
    const pairs_entry *entry = (const pairs_entry *)memory + i;
    return (nnz_pairs){
        .rows = entry->rows,
        .row = (const void *)(base + entry->row),
        .count = (const void *)(base + entry->count),
        .values = (const void *)(base + entry->values),
        .column = (const void *)(base + entry->column),
        .unit = unit,
    };
}

/* ---- Filling it -------------------------------------------------------------------------------------------------- */

/* Some columns, and the file's K-blocks that they lie in: the first, and maybe the next. */
typedef struct columns {
    uint32_t begin, end;
    uint32_t first, last;
} columns;

static columns columns_of(const nnz_pairs_source *s, uint32_t kb) {
    columns c = {.begin = kb * s->kblock};
    c.end = (uint32_t)nnz_min(c.begin + s->kblock, s->cols);
    c.first = c.begin / s->file_kblock;
    c.last = (c.end - 1) / s->file_kblock;
    return c;
}

/* Where each row ends in these K-blocks of the file. */
static void find_ends(const nnz_pairs_source *s, const columns *c, uint32_t *end) {
    for (uint32_t kb = c->first; kb <= c->last; kb++) {
        uint32_t at = s->start[kb];
        for (uint32_t row = 0; row < s->rows; row++)
            *end++ = at += s->count[(size_t)kb * s->rows + row];
    }
}

/* Where column k begins, in units. No step that is packed exceeds 65,536 of them (tile.c). */
static uint16_t place_of(const nnz_pairs_source *s, const columns *c, uint32_t k) {
    if (!s->packed)
        return (uint16_t)(k - c->begin);
    return (uint16_t)((s->offset ? s->offset[k] : (k - c->begin) * s->pitch) / NNZ_PAIRS_UNIT);
}

/* The number of a row's weights in the columns; with `values`, writes them: the first `together` of them two apart. */
static uint32_t take_row(const nnz_pairs_source *s, const columns *c, const uint32_t *end, uint32_t row,
                         uint32_t together, float *values, uint16_t *place) {
    uint32_t n = 0;
    for (uint32_t kb = c->first; kb <= c->last; kb++, end += s->rows)
        for (uint32_t i = end[row] - s->count[(size_t)kb * s->rows + row]; i < end[row]; i++) {
            const uint32_t column = kb * s->file_kblock + s->index[i];
            if (column < c->begin || column >= c->end)
                continue;
            if (values) {
                const uint32_t at = n < together ? 2 * n : together + n;
                values[at] = s->values[i];
                place[at] = place_of(s, c, column);
            }
            n++;
        }
    return n;
}

/* Sorts rows by their weights, most first; rows of as many stay in order. */
static void sort(const nnz_pairs_source *s, const columns *c, const layout *l, uint32_t begin, uint32_t end) {
    uint16_t place[LONGEST + 2] = {0}; /* of the next row with LONGEST - i weights; first, how many have one more */
    for (uint32_t row = begin; row < end; row++) {
        const uint32_t n = take_row(s, c, l->end, row, 0, NULL, NULL);
        l->count[row - begin] = (uint16_t)n;
        place[LONGEST - n + 1]++;
    }
    for (uint32_t i = 0; i < LONGEST; i++)
        place[i + 1] = (uint16_t)(place[i + 1] + place[i]);
    for (uint32_t row = begin; row < end; row++)
        l->row[place[LONGEST - l->count[row - begin]]++] = (uint16_t)row;
    for (uint32_t i = 0, at = 0; i <= LONGEST; i++) /* place[i] is where those with LONGEST - i weights end */
        for (; at < place[i]; at++)
            l->count[at] = (uint16_t)(LONGEST - i);
}

/* Writes the sorted rows two by two, and returns the number of their weights. */
static uint32_t write(const nnz_pairs_source *s, const columns *c, const layout *l, uint32_t rows) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < rows; i += 2) {
        const uint32_t together = i + 1 < rows ? l->count[i + 1] : 0;
        take_row(s, c, l->end, l->row[i], together, l->values + at, l->column + at);
        if (together)
            take_row(s, c, l->end, l->row[i + 1], together, l->values + at + 1, l->column + at + 1);
        at += l->count[i] + together;
    }
    return at;
}

static uint32_t part_begin(const nnz_pairs_source *s, uint32_t part) {
    return s->part_begin ? s->part_begin[part] : part ? s->rows : 0;
}

void nnz_pairs_fill(const nnz_pairs_source *s, void *memory) {
    const uintptr_t base = (uintptr_t)memory;
    layout l; /* moves on behind what is filled */
    lay_out(s, memory, &l);
    for (uint32_t kb = 0; kb < s->kblocks; kb++) {
        const columns c = columns_of(s, kb);
        find_ends(s, &c, l.end);
        for (uint32_t part = 0; part < s->parts; part++) {
            const uint32_t begin = part_begin(s, part), end = part_begin(s, part + 1);
            *l.entry++ = (pairs_entry){
                .row = (uintptr_t)l.row - base,
                .count = (uintptr_t)l.count - base,
                .values = (uintptr_t)l.values - base,
                .column = (uintptr_t)l.column - base,
                .rows = end - begin,
            };
            sort(s, &c, &l, begin, end);
            const uint32_t weights = write(s, &c, &l, end - begin);
            l.row += end - begin;
            l.count += end - begin;
            l.values += weights;
            l.column += weights;
        }
    }
}
