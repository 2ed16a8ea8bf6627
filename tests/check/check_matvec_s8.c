/* matvec_s8_* against the product. */
#include "matrix_s8.h"
#include "quantized.h"

#include <stdio.h>

/* Arguments for all of y = W x, with random multipliers that fit. `offset` is what the variant adds to x. */
static nnz_matvec_s8 arguments(const check *c, const check_matrix_s8 *m, const int32_t *bias, int32_t offset,
                               const check_range *range) {
    nnz_matvec_s8 a = {
        .x = check_bytes_slack(m->cols, 3),
        .y = check_bytes_output(m->rows),
        .row_end = m->rows,
        .values = m->values,
        .index = m->index,
        .count = m->count,
        .cursor = check_zeros(m->kblocks * sizeof(uint32_t)),
        .groups = m->groups,
        .units = m->units,
        .kblock = m->kblock,
        .kblocks = m->kblocks,
        .bias = check_matrix_s8_bias(m, bias, offset),
        .multiplier = check_multipliers(m->rows, 5000.0 * m->cols, range->shift),
        .shift = range->shift,
        .zero = range->zero,
        .lo = range->lo,
        .hi = range->hi,
    };
    if (NNZ_S8_TAKES_UNITS(check_isa(c)) && !m->dense && m->width == 1)
        a.exact = check_matrix_s8_units(m, (m->cols + 3) / 4, check_isa(c), false);
    return a;
}

static void matvec_round(check *c) {
    check_matrix_s8 m;
    const bool large = check_chance(1);
    const uint32_t rows = check_random(1, large ? 3 : 70),
                   cols = large ? 65536 : check_random(1, check_chance(20) ? 2500 : 90);
    check_matrix_s8_make(&m, rows, cols, c->form, check_percent());
    const check_range range = check_range_of_product();
    const int32_t *bias = check_words(rows, 1 << 20, true);
    nnz_matvec_s8 a = arguments(c, &m, bias, NNZ_S8_OFFSET(check_isa(c)), &range);
    if (check_chance(40)) { /* some of the rows: blocks are whole */
        a.row_begin = check_random(0, m.groups - 1) * m.height;
        a.row_end = check_chance(50) ? rows : a.row_begin + m.height;
        a.row_end = a.row_end > rows ? rows : a.row_end;
    }
    check_matrix_s8_cursors(&m, a.row_begin, a.cursor);
    ((nnz_matvec_s8_fn)c->kernel)(&a);
    check_bytes_guards(c, a.y, rows);
    char what[100];
    snprintf(what, sizeof what, "%u x %u, rows %u to %u, shift %u", rows, cols, a.row_begin, a.row_end, a.shift);
    for (uint32_t r = 0; r < rows && !c->failed; r++) {
        if (r < a.row_begin || r >= a.row_end) {
            if ((uint8_t)a.y[r] != CHECK_UNTOUCHED)
                check_fail(c, "%s: wrote row %u", what, r);
            continue;
        }
        int64_t sum = bias[r];
        for (uint32_t k = 0; k < cols; k++)
            sum += m.plain[(size_t)r * cols + k] * a.x[k];
        check_byte(c, what, r, a.y[r], check_requantized(sum, a.multiplier[r], &range));
    }
}

/* One vector after the other: the CPU would learn the results of a single one, and predict how they are clamped. */
enum { VECTORS = 64 };

typedef struct matvec_case {
    nnz_matvec_s8_fn kernel;
    check_matrix_s8 m;
    nnz_matvec_s8 a;
    const int8_t *x; /* [VECTORS][cols] */
    uint32_t vector;
} matvec_case;

static void run_matvec(void *context) {
    matvec_case *k = context;
    check_matrix_s8_cursors(&k->m, 0, k->a.cursor);
    k->a.x = k->x + (size_t)k->vector * k->m.cols;
    k->vector = (k->vector + 1) % VECTORS;
    k->kernel(&k->a);
}

static void matvec_bench(check *c) {
    static const struct {
        uint32_t rows, cols, percent;
    } sizes[] = {{64, 256, 50}, {144, 144, 10}, {512, 512, 10}, {1024, 1024, 10}};
    const check_range range = {.zero = -128, .lo = -128, .hi = 127}; /* of a ReLU */
    matvec_case k = {.kernel = (nnz_matvec_s8_fn)c->kernel};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const uint32_t rows = sizes[i].rows, cols = sizes[i].cols;
        check_matrix_s8_make(&k.m, rows, cols, c->form, sizes[i].percent);
        k.a = arguments(c, &k.m, check_words(rows, 1 << 16, true), 0, &range);
        k.x = check_bytes_slack((size_t)cols * VECTORS, 3);
        char label[64];
        if (k.m.dense)
            snprintf(label, sizeof label, "%u x %u, dense", rows, cols);
        else
            snprintf(label, sizeof label, "%u x %u, %u %%", rows, cols, 100 - sizes[i].percent);
        check_rate(c, label, run_matvec, &k, (double)k.m.blocks * k.m.height * k.m.width, "MAC");
    }
}

const check_test check_matvec_s8_dense = {NNZ_FAMILY_MATVEC_S8_DENSE, 400, matvec_round, matvec_bench, NNZ_DENSE};
const check_test check_matvec_s8_u1 = {NNZ_FAMILY_MATVEC_S8_U1, 400, matvec_round, matvec_bench, NNZ_U1};
const check_test check_matvec_s8_q8x4 = {NNZ_FAMILY_MATVEC_S8_Q8X4, 400, matvec_round, matvec_bench, NNZ_Q8X4};
