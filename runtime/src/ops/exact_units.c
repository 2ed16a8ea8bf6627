#include "exact_units.h"

#include <string.h>

enum {
    WEIGHT_BYTES = 4, /* of a unit */
    NEAR = 8,         /* a partner is sought among so many units */
};

nnz_weights_s8 nnz_weights_s8_of(const nnz_model *model, const nnz_matrix_record *m) {
    const bool sparse = m->encoding != NNZ_DENSE;
    return (nnz_weights_s8){
        .encoding = m->encoding,
        .rows = m->rows,
        .units = (m->cols + 3) / 4,
        .kblock = m->kblock,
        .kblocks = sparse ? nnz_kblocks(m) : 1,
        .values = nnz_model_data(model, m->values),
        .index = sparse ? nnz_model_data(model, m->index) : NULL,
        .count = sparse ? nnz_model_data(model, m->count) : NULL,
    };
}

/* ---- The units of a matrix --------------------------------------------------------------------------------------- */

/* What is done with each unit: NULL is left out. */
typedef struct visitor {
    uint32_t total;
    uint32_t *start; /* of each row: counts its units, or, with those below, where its next one goes */
    int8_t *weights;
    uint16_t *unit;
} visitor;

/* The sums of the positive and of the negative weights of both pairs, 16 bits each. */
static uint64_t sums_of(const int8_t w[WEIGHT_BYTES]) {
    uint64_t sums = 0;
    for (int i = 0; i < WEIGHT_BYTES; i++)
        sums += (uint64_t)(w[i] < 0 ? -w[i] : w[i]) << 16 * (i / 2 * 2 + (w[i] < 0));
    return sums;
}

/* Whether none is above NNZ_UNIT_SUM_MAX; they are below 2^10. */
static bool are_exact(uint64_t sums) {
    const uint64_t one = 0x0001000100010001;
    return !((sums + one * (0xFF - NNZ_UNIT_SUM_MAX)) & one * 0xFF00);
}

static void add(visitor *v, uint32_t row, uint32_t unit, const int8_t w[WEIGHT_BYTES]) {
    v->total++;
    if (!v->start)
        return;
    const uint32_t at = v->start[row]++;
    if (!v->weights)
        return;
    memcpy(v->weights + (size_t)at * WEIGHT_BYTES, w, WEIGHT_BYTES);
    v->unit[at] = (uint16_t)unit;
}

/* Adds a unit, once or twice: the lesser weight of a pair that is too large goes into the second. */
static void visit(visitor *v, uint32_t row, uint32_t unit, const int8_t w[WEIGHT_BYTES]) {
    int8_t first[WEIGHT_BYTES], second[WEIGHT_BYTES] = {0};
    memcpy(first, w, WEIGHT_BYTES);
    for (int i = 0; i < WEIGHT_BYTES; i += 2) {
        const int sum = w[i] + w[i + 1], lesser = (w[i] < w[i + 1]) == (sum > 0) ? i : i + 1;
        if (sum > NNZ_UNIT_SUM_MAX || sum < -NNZ_UNIT_SUM_MAX) {
            second[lesser] = w[lesser];
            first[lesser] = 0;
        }
    }
    if (sums_of(first))
        add(v, row, unit, first);
    if (sums_of(second))
        add(v, row, unit, second);
}

static void visit_dense(visitor *v, const nnz_weights_s8 *w) {
    for (uint32_t row = 0; row < w->rows; row++) {
        const int8_t *values = w->values + ((size_t)(row / 8) * w->units * 8 + row % 8) * WEIGHT_BYTES;
        for (uint32_t unit = 0; unit < w->units; unit++, values += 8 * WEIGHT_BYTES)
            visit(v, row, unit, values);
    }
}

static void visit_blocks(visitor *v, const nnz_weights_s8 *w) {
    const int8_t *values = w->values;
    const uint8_t *index = w->index;
    const uint16_t *count = w->count;
    for (uint32_t kb = 0; kb < w->kblocks; kb++)
        for (uint32_t row = 0; row < w->rows; row++)
            for (uint32_t n = *count++; n; n--, values += WEIGHT_BYTES)
                visit(v, row, kb * w->kblock + *index++, values);
}

/* Neighbours that share a unit are put together. */
static void visit_singles(visitor *v, const nnz_weights_s8 *w) {
    const int8_t *value = w->values;
    const uint8_t *index = w->index;
    const uint16_t *count = w->count;
    for (uint32_t kb = 0; kb < w->kblocks; kb++)
        for (uint32_t row = 0; row < w->rows; row++)
            for (const uint8_t *end = index + *count++; index < end;) {
                const uint32_t first = kb * w->kblock, unit = (first + *index) / 4;
                int8_t weights[WEIGHT_BYTES] = {0};
                for (; index < end && (first + *index) / 4 == unit; index++)
                    weights[(first + *index) % 4] = *value++;
                visit(v, row, unit, weights);
            }
}

static void visit_all(visitor *v, const nnz_weights_s8 *w) {
    if (w->encoding == NNZ_DENSE)
        visit_dense(v, w);
    else if (w->encoding == NNZ_Q1X4)
        visit_blocks(v, w);
    else
        visit_singles(v, w);
}

/* ---- Pairs of units ---------------------------------------------------------------------------------------------- */

static void swap(const visitor *v, uint32_t i, uint32_t j) {
    int8_t weights[WEIGHT_BYTES], *a = v->weights + (size_t)i * WEIGHT_BYTES,
                                  *b = v->weights + (size_t)j * WEIGHT_BYTES;
    memcpy(weights, a, WEIGHT_BYTES);
    memcpy(a, b, WEIGHT_BYTES);
    memcpy(b, weights, WEIGHT_BYTES);
    const uint16_t unit = v->unit[i];
    v->unit[i] = v->unit[j];
    v->unit[j] = unit;
}

/* The nearest unit that makes a pair with unit i among those before `end`, or `end`. */
static uint32_t partner(const visitor *v, uint32_t i, uint32_t end) {
    const uint64_t sums = sums_of(v->weights + (size_t)i * WEIGHT_BYTES);
    for (uint32_t j = i + 1; j < end && j <= i + NEAR; j++)
        if (are_exact(sums + sums_of(v->weights + (size_t)j * WEIGHT_BYTES)))
            return j;
    return end;
}

/* Puts the pairs of units [begin, end) first, and returns their number. */
static uint32_t pair(const visitor *v, uint32_t begin, uint32_t end) {
    uint32_t i = begin;
    while (i < end) {
        const uint32_t other = partner(v, i, end);
        if (other == end) {
            swap(v, i, --end);
            continue;
        }
        swap(v, i + 1, other);
        i += 2;
    }
    return (i - begin) / 2;
}

/* ---- In memory: start, pairs, weights, unit ---------------------------------------------------------------------- */

static size_t pairs_at(uint32_t rows) {
    return ((size_t)rows + 1) * sizeof(uint32_t);
}

static size_t weights_at(uint32_t rows) {
    return (size_t)nnz_align(pairs_at(rows) + rows * sizeof(uint16_t), WEIGHT_BYTES);
}

uint64_t nnz_exact_units_bytes(const nnz_weights_s8 *w) {
    visitor v = {0};
    visit_all(&v, w);
    return weights_at(w->rows) + v.total * (uint64_t)(WEIGHT_BYTES + sizeof(uint16_t)) + NNZ_UNITS_SLACK;
}

void nnz_exact_units_fill(const nnz_weights_s8 *w, void *memory) {
    uint32_t *start = memory, rows = w->rows;
    uint16_t *pairs = (uint16_t *)(void *)((uint8_t *)memory + pairs_at(rows));
    memset(start, 0, pairs_at(rows));
    visitor v = {.start = start};
    visit_all(&v, w);
    for (uint32_t row = rows, end = v.total; row-- > 0;)
        end = start[row] = end - start[row];
    start[rows] = v.total;
    v.weights = (int8_t *)memory + weights_at(rows);
    v.unit = (uint16_t *)(void *)(v.weights + (size_t)start[rows] * WEIGHT_BYTES);
    visit_all(&v, w);
    for (uint32_t row = rows; row-- > 0;) /* each is at the row's end by now */
        start[row] = row ? start[row - 1] : 0;
    for (uint32_t row = 0; row < rows; row++)
        pairs[row] = (uint16_t)pair(&v, start[row], start[row + 1]);
}

nnz_s8_units nnz_exact_units_at(const void *memory, uint32_t rows) {
    const uint32_t *start = memory;
    const uint8_t *base = memory;
    const int8_t *weights = (const int8_t *)base + weights_at(rows);
    return (nnz_s8_units){
        .start = start,
        .pairs = (const uint16_t *)(const void *)(base + pairs_at(rows)),
        .weights = weights,
        .unit = (const uint16_t *)(const void *)(weights + (size_t)start[rows] * WEIGHT_BYTES),
    };
}
