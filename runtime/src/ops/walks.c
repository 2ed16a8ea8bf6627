#include "walks.h"

#include "work.h"

#include <string.h>

enum { ROWS = 4 };

nnz_walks_source nnz_walks_source_of(const nnz_model *model, const nnz_matrix_record *m, const nnz_tiling *t,
                                     const uint32_t *offset) {
    return (nnz_walks_source){
        .groups = t->groups,
        .cols = m->cols,
        .blocks = m->blocks,
        .kblock = t->kblock,
        .kblocks = t->kblocks,
        .walk = t->walk,
        .pitch = t->walk_pitch,
        .offset = t->shared ? offset : NULL,
        .values = nnz_model_data(model, m->values),
        .index = nnz_model_data(model, m->index),
        .count = nnz_model_data(model, m->count),
        .start = nnz_model_data(model, m->start),
    };
}

typedef struct layout {
    uint32_t *next;  /* [kblocks]: while it is filled, the next of the blocks as they are stored */
    uint32_t *start; /* [walks][groups + 1] */
    float *values;
    uint32_t *place;
} layout;

static uint64_t lay_out(const nnz_walks_source *s, uint8_t *base, layout *l) {
    const uint64_t walks = nnz_ceil_div(s->kblocks, s->walk);
    uint64_t at = 0;
    l->next = nnz_take(base, &at, (uint64_t)s->kblocks * sizeof *l->next);
    l->start = nnz_take(base, &at, walks * (s->groups + 1) * sizeof *l->start);
    l->values = nnz_take(base, &at, (uint64_t)s->blocks * ROWS * sizeof *l->values);
    l->place = nnz_take(base, &at, (uint64_t)s->blocks * sizeof *l->place);
    return at;
}

uint64_t nnz_walks_bytes(const nnz_walks_source *s) {
    layout l;
    return lay_out(s, NULL, &l);
}

nnz_walk nnz_walks_at(const nnz_walks_source *s, const void *memory) {
    layout l;
    lay_out(s, (uint8_t *)(uintptr_t)memory, &l);
    return (nnz_walk){l.start, l.values, l.place};
}

/* Where column k begins, in bytes, in a walk that begins with column `first`. */
static uint32_t place_of(const nnz_walks_source *s, uint32_t first, uint32_t k) {
    return (s->offset ? s->offset[k] : (k - first) * s->pitch) * (uint32_t)sizeof(float);
}

/* Writes the blocks of a group in K-block kb to `at` and behind; returns their number. */
static uint32_t write(const nnz_walks_source *s, const layout *l, uint32_t first, uint32_t kb, uint32_t group,
                      uint32_t at) {
    const uint32_t blocks = s->count[(size_t)kb * s->groups + group], from = l->next[kb];
    memcpy(l->values + (size_t)at * ROWS, s->values + (size_t)from * ROWS, (size_t)blocks * ROWS * sizeof *l->values);
    for (uint32_t i = 0; i < blocks; i++)
        l->place[at + i] = place_of(s, first, kb * s->kblock + s->index[from + i]);
    l->next[kb] += blocks;
    return blocks;
}

void nnz_walks_fill(const nnz_walks_source *s, void *memory) {
    layout l;
    uint32_t at = 0;
    lay_out(s, memory, &l);
    memcpy(l.next, s->start, s->kblocks * sizeof *l.next);
    for (uint32_t begin = 0; begin < s->kblocks; begin += s->walk) {
        const uint32_t end = (uint32_t)nnz_min(begin + s->walk, s->kblocks);
        for (uint32_t group = 0; group < s->groups; group++) {
            *l.start++ = at;
            for (uint32_t kb = begin; kb < end; kb++)
                at += write(s, &l, begin * s->kblock, kb, group, at);
        }
        *l.start++ = at;
    }
}
