#include "exact_units.h"

#include <string.h>

enum {
    WEIGHT_BYTES = 4, /* of a unit */
    NEAR = 8,         /* a partner is sought among so many units */
};

nnz_weights_s8 nnz_weights_s8_of(const nnz_model *model, const nnz_matrix_record *m, nnz_isa isa) {
    const bool sparse = m->encoding != NNZ_DENSE;
    return (nnz_weights_s8){
        .singles = !NNZ_S8_TAKES_UNITS(isa),
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

/* Places the units with weights, or counts them (`weights` NULL) in each row, or all of them (`rows` NULL). */
typedef struct visitor {
    nnz_s8_row *rows; /* `at`: where the next unit of a row goes, or how many it has */
    int8_t *weights;
    uint16_t *unit;
    uint32_t places; /* of a unit in `unit` */
    uint32_t units;  /* that were visited */
} visitor;

static uint32_t places_of(const nnz_weights_s8 *w) {
    return w->apart ? 2 : 1;
}

static void visit(visitor *v, uint32_t row, const uint16_t *unit, const int8_t w[WEIGHT_BYTES]) {
    if (!(w[0] | w[1] | w[2] | w[3]))
        return;
    v->units++;
    if (!v->rows)
        return;
    const uint32_t at = v->rows[row].at++;
    if (!v->weights)
        return;
    memcpy(v->weights + (size_t)at * WEIGHT_BYTES, w, WEIGHT_BYTES);
    memcpy(v->unit + (size_t)at * v->places, unit, v->places * sizeof *unit);
}

static void visit_words(visitor *v, uint32_t row, uint32_t unit, const int8_t w[WEIGHT_BYTES]) {
    visit(v, row, &(uint16_t){(uint16_t)unit}, w);
}

static void visit_dense(visitor *v, const nnz_weights_s8 *w) {
    for (uint32_t row = 0; row < w->rows; row++) {
        const int8_t *values = w->values + ((size_t)(row / 8) * w->units * 8 + row % 8) * WEIGHT_BYTES;
        for (uint32_t unit = 0; unit < w->units; unit++, values += 8 * WEIGHT_BYTES)
            visit_words(v, row, unit, values);
    }
}

static void visit_blocks(visitor *v, const nnz_weights_s8 *w) {
    const int8_t *values = w->values;
    const uint8_t *index = w->index;
    const uint16_t *count = w->count;
    for (uint32_t kb = 0; kb < w->kblocks; kb++)
        for (uint32_t row = 0; row < w->rows; row++)
            for (uint32_t n = *count++; n; n--, values += WEIGHT_BYTES)
                visit_words(v, row, kb * w->kblock + *index++, values);
}

/* Weights of a row that lie in the same unit are put together. */
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
                visit_words(v, row, unit, weights);
            }
}

/* Weights of a row in a K-block from the least to the largest. */
static void sort_values(const int8_t *value, uint32_t n, uint8_t *order) {
    uint16_t place[UINT8_MAX + 2] = {0};
    for (uint32_t i = 0; i < n; i++)
        place[value[i] - INT8_MIN + 1]++;
    for (uint32_t i = 0; i < UINT8_MAX; i++)
        place[i + 1] = (uint16_t)(place[i + 1] + place[i]);
    for (uint32_t i = 0; i < n; i++)
        order[place[value[i] - INT8_MIN]++] = (uint8_t)i;
}

/* The n weights of a row in a K-block that begins with column `first`. The least one meets the largest: of two signs
 * they are exact, and what is left of one sign are the smallest. */
static void visit_run(visitor *v, uint32_t row, uint32_t first, const int8_t *value, const uint8_t *index, uint32_t n) {
    uint8_t order[UINT8_MAX + 1];
    sort_values(value, n, order);
    for (uint32_t least = 0, end = n; least < end;) {
        uint32_t i = order[least], j = order[end - 1];
        const int sum = value[i] + value[j];
        int8_t w = value[i], other = value[j];
        if (least + 1 < end && sum <= NNZ_UNIT_SUM_MAX && sum >= -NNZ_UNIT_SUM_MAX) {
            least++, end--;
        } else if (other > 0) { /* the largest alone */
            i = j, w = other, other = 0;
            end--;
        } else {
            other = 0;
            least++;
        }
        const uint16_t columns[2] = {(uint16_t)(first + index[i]), (uint16_t)(first + index[j])};
        visit(v, row, columns, (int8_t[WEIGHT_BYTES]){w, other, w, other});
    }
}

static void visit_apart(visitor *v, const nnz_weights_s8 *w) {
    const int8_t *value = w->values;
    const uint8_t *index = w->index;
    const uint16_t *count = w->count;
    for (uint32_t kb = 0; kb < w->kblocks; kb++)
        for (uint32_t row = 0; row < w->rows; row++, value += *count, index += *count++)
            visit_run(v, row, kb * w->kblock, value, index, *count);
}

static void visit_all(visitor *v, const nnz_weights_s8 *w) {
    if (w->apart)
        visit_apart(v, w);
    else if (w->encoding == NNZ_DENSE)
        visit_dense(v, w);
    else if (w->encoding == NNZ_Q1X4)
        visit_blocks(v, w);
    else
        visit_singles(v, w);
}

/* ---- The order of a row ------------------------------------------------------------------------------------------ */

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

/* Puts the wide ones of units [begin, end) last, and returns where they begin. */
static uint32_t part_wide(const visitor *v, uint32_t begin, uint32_t end) {
    while (begin < end)
        if (are_exact(sums_of(v->weights + (size_t)begin * WEIGHT_BYTES)))
            begin++;
        else
            swap(v, begin, --end);
    return end;
}

static int32_t correction(const visitor *v, uint32_t begin, uint32_t end) {
    uint32_t sum = 0;
    for (const int8_t *w = v->weights + (size_t)begin * WEIGHT_BYTES, *last = v->weights + (size_t)end * WEIGHT_BYTES;
         w < last; w++)
        sum += (uint32_t)(128 * *w + (*w < 0 ? -*w : 0));
    return (int32_t)sum;
}

static nnz_s8_row ordered(const visitor *v, uint32_t row, uint32_t begin, uint32_t end, bool singles) {
    const uint32_t n = end - begin;
    if (singles)
        return (nnz_s8_row){.row = row, .at = begin, .singles = (uint16_t)n};
    if (v->places == 2) /* any two are a pair */
        return (nnz_s8_row){.row = row, .at = begin, .pairs = (uint16_t)(n / 2), .singles = n % 2};
    const uint32_t wide = part_wide(v, begin, end), pairs = pair(v, begin, wide);
    return (nnz_s8_row){
        .row = row,
        .at = begin,
        .pairs = (uint16_t)pairs,
        .singles = (uint16_t)(wide - begin - 2 * pairs),
        .wide = (uint16_t)(end - wide),
        .correction = correction(v, wide, end),
    };
}

/* Rows sort by pairs, then by wide units, then by singles: each of these rises and falls by turns, so that neighbouring
 * rows differ little. */
static uint64_t key_of(const nnz_s8_row *r) {
    const uint64_t wide = r->pairs % 2 ? UINT16_MAX - r->wide : r->wide;
    const uint64_t singles = (r->pairs + r->wide) % 2 ? UINT16_MAX - r->singles : r->singles;
    return (uint64_t)r->pairs << 32 | wide << 16 | singles;
}

static void sort(nnz_s8_row *rows, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) {
        const nnz_s8_row row = rows[i];
        uint32_t to = i;
        for (; to > 0 && key_of(rows + to - 1) > key_of(&row); to--)
            rows[to] = rows[to - 1];
        rows[to] = row;
    }
}

/* Moves the units of n rows, in their order, to `to` and behind, and returns where they end. */
static uint32_t move(const visitor *v, nnz_s8_row *rows, uint32_t n, uint32_t to) {
    for (nnz_s8_row *row = rows; row < rows + n; row++) {
        const uint32_t units = 2u * row->pairs + row->singles + row->wide;
        memcpy(v->weights + (size_t)to * WEIGHT_BYTES, v->weights + (size_t)row->at * WEIGHT_BYTES,
               (size_t)units * WEIGHT_BYTES);
        memcpy(v->unit + (size_t)to * v->places, v->unit + (size_t)row->at * v->places,
               (size_t)units * v->places * sizeof *v->unit);
        row->at = to;
        to += units;
    }
    return to;
}

static uint32_t units_of(const nnz_weights_s8 *w) {
    visitor counting = {0};
    visit_all(&counting, w);
    return counting.units;
}

/* Units of rows [first, first + n), at most. */
static uint32_t most_units(const nnz_weights_s8 *w, uint32_t first, uint32_t n) {
    if (w->encoding == NNZ_DENSE)
        return n * w->units;
    uint32_t most = 0;
    for (uint32_t kb = 0; kb < w->kblocks; kb++)
        for (uint32_t i = 0; i < n; i++)
            most += w->count[(size_t)kb * w->rows + first + i];
    return most;
}

/* Units of the largest group: rows are placed so far behind where move() puts them that it overwrites none. */
static uint32_t largest_group(const nnz_weights_s8 *w) {
    uint32_t largest = 0;
    for (uint32_t row = 0; row < w->rows; row += NNZ_UNITS_GROUP) {
        const uint32_t most = most_units(w, row, nnz_units_group_rows(row, w->rows));
        largest = most > largest ? most : largest;
    }
    return largest;
}

/* ---- In memory: the head, rows, weights, unit -------------------------------------------------------------------- */

typedef struct head {
    uint32_t rows, units; /* room for so many */
} head;

static size_t weights_at(uint32_t rows) {
    return sizeof(head) + (size_t)rows * sizeof(nnz_s8_row);
}

uint64_t nnz_exact_units_bytes(const nnz_weights_s8 *w) {
    const uint64_t units = (uint64_t)units_of(w) + largest_group(w);
    return weights_at(w->rows) + units * (WEIGHT_BYTES + places_of(w) * sizeof(uint16_t)) + NNZ_UNITS_SLACK;
}

static visitor visitor_of(void *memory) {
    const head *h = memory;
    uint8_t *base = memory;
    int8_t *weights = (int8_t *)base + weights_at(h->rows);
    return (visitor){
        .rows = (nnz_s8_row *)(void *)(base + sizeof *h),
        .weights = weights,
        .unit = (uint16_t *)(void *)(weights + (size_t)h->units * WEIGHT_BYTES),
    };
}

void nnz_exact_units_fill(const nnz_weights_s8 *w, void *memory) {
    const uint32_t first = largest_group(w);
    *(head *)memory = (head){w->rows, units_of(w) + first};
    visitor v = visitor_of(memory), counting = {.rows = v.rows};
    v.places = places_of(w);
    memset(v.rows, 0, w->rows * sizeof *v.rows);
    visit_all(&counting, w);
    for (uint32_t row = 0, at = first, n; row < w->rows; row++, at += n) {
        n = v.rows[row].at;
        v.rows[row].at = at;
    }
    visit_all(&v, w);
    for (uint32_t row = w->rows; row-- > 0;) /* `at` is each row's end */
        v.rows[row] = ordered(&v, row, row ? v.rows[row - 1].at : first, v.rows[row].at, w->singles);
    for (uint32_t row = 0, to = 0; row < w->rows; row += NNZ_UNITS_GROUP) {
        const uint32_t n = nnz_units_group_rows(row, w->rows);
        sort(v.rows + row, n);
        to = move(&v, v.rows + row, n, to);
    }
}

nnz_s8_units nnz_exact_units_at(const void *memory) {
    const visitor v = visitor_of((void *)(uintptr_t)memory);
    return (nnz_s8_units){v.rows, ((const head *)memory)->rows, v.weights, v.unit};
}
