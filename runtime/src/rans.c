#include "rans.h"

#include "format.h"

#include <string.h>

enum {
    BITS = 15,
    SLOTS = 1 << BITS,
    LOWEST = 1 << 16, /* of a state, and the one that encoding began with */
    FIRST_PERIOD = 8,
    LAST_PERIOD = 512,
    STEP = 6, /* what a byte adds to its count: LIMIT + LAST_PERIOD x STEP fit in 16 bits */
    LIMIT = 1 << 15,
};

size_t nnz_rans_memory(uint32_t tables, uint32_t lanes) {
    return lanes * sizeof(uint32_t) + tables * sizeof(nnz_rans_table);
}

/* Shares the slots among the bytes by their counts; each gets at least one, the most frequent what is left over. */
static void renew(nnz_rans_table *t) {
    uint32_t total = 0, most = 0;
    for (uint32_t s = 0; s < 256; s++) {
        total += t->count[s];
        if (t->count[s] > t->count[most])
            most = s;
    }
    uint32_t used = 0;
    for (uint32_t s = 0; s < 256; s++) {
        t->below[s] = (uint16_t)used;
        used += 1 + t->count[s] * (uint32_t)(SLOTS - 256) / total;
    }
    for (uint32_t s = most + 1; s < 256; s++)
        t->below[s] = (uint16_t)(t->below[s] + SLOTS - used);
    t->below[256] = SLOTS;
    const bool halve = t->count[most] > LIMIT;
    for (uint32_t s = 0; halve && s < 256; s++)
        t->count[s] = (uint16_t)((t->count[s] + 1) / 2);
    t->left = t->period;
    t->period = (uint16_t)(t->period < LAST_PERIOD ? 2 * t->period : LAST_PERIOD);
}

void nnz_rans_begin(nnz_rans *r, uint32_t tables, uint32_t lanes, const uint8_t *src, size_t size, void *memory) {
    *r = (nnz_rans){.at = src + lanes * sizeof(uint32_t),
                    .end = src + size,
                    .states = memory,
                    .tables = (nnz_rans_table *)((uint32_t *)memory + lanes),
                    .table_count = tables,
                    .lanes = lanes};
    memcpy(r->states, src, lanes * sizeof(uint32_t));
    for (uint32_t i = 0; i < tables; i++) {
        nnz_rans_table *t = &r->tables[i];
        for (uint32_t s = 0; s < 256; s++)
            t->count[s] = 1;
        t->period = FIRST_PERIOD;
        renew(t);
    }
}

/* The byte whose slots hold `slot`. */
static uint32_t find(const nnz_rans_table *t, uint32_t slot) {
    uint32_t s = 0;
    for (uint32_t step = 128; step; step /= 2)
        s += t->below[s + step] <= slot ? step : 0;
    return s;
}

uint8_t nnz_rans_next(nnz_rans *r, uint32_t table) {
    nnz_rans_table *t = &r->tables[table];
    uint32_t x = r->states[r->lane];
    const uint32_t slot = x % SLOTS, s = find(t, slot);
    x = (uint32_t)(t->below[s + 1] - t->below[s]) * (x / SLOTS) + slot - t->below[s];
    if (x < LOWEST) {
        if (r->end - r->at >= 2) {
            x = x << 16 | r->at[0] | (uint32_t)r->at[1] << 8;
            r->at += 2;
        } else {
            r->exhausted = true;
        }
    }
    r->states[r->lane] = x;
    r->lane = (r->lane + 1) & (r->lanes - 1);
    t->count[s] = (uint16_t)(t->count[s] + STEP);
    if (!--t->left)
        renew(t);
    return (uint8_t)s;
}

bool nnz_rans_complete(const nnz_rans *r) {
    bool complete = !r->exhausted && r->at == r->end;
    for (uint32_t i = 0; i < r->lanes; i++)
        complete = complete && r->states[i] == LOWEST;
    return complete;
}
