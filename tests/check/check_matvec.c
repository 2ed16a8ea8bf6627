/* matvec_f32_* against the product in double precision. */
#include "matrix.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static nnz_matvec_f32 arguments(const check_matrix *m, const float *x, float *y, uint32_t row_begin, uint32_t row_end,
                                uint32_t *cursor) {
    for (uint32_t kb = 0; kb < m->kblocks && !m->dense; kb++)
        cursor[kb] = check_matrix_cursor(m, kb, row_begin);
    return (nnz_matvec_f32){
        .x = x,
        .y = y,
        .row_begin = row_begin,
        .row_end = row_end,
        .values = m->values,
        .index = m->index,
        .count = m->count,
        .cursor = cursor,
        .groups = m->groups,
        .cols = m->cols,
        .kblock = m->kblock,
        .kblocks = m->kblocks,
        .lo = -INFINITY,
        .hi = INFINITY,
    };
}

static void matvec_round(check *c) {
    const uint32_t height = check_matrix_height(c->form);
    const bool dense = c->form == NNZ_DENSE;
    check_matrix m;
    const uint32_t rows = check_random(1, 70), cols = check_random(1, check_chance(20) ? 900 : 70);
    const uint32_t kblocks = (cols + 255) / 256, kblock = (cols + kblocks - 1) / kblocks;
    check_matrix_make(&m, rows, cols, check_chance(50) ? kblock : check_random((cols + 7) / 8, kblock), height, dense,
                      check_percent());
    uint32_t begin = check_chance(60) ? 0 : check_matrix_row(&m), end = check_matrix_row(&m);
    if (end <= begin || check_chance(60))
        end = rows;
    float *x = check_input_slack(cols, 16), *y = check_output(rows, check_random(0, 15));
    uint32_t *cursor = check_zeros(m.kblocks * sizeof *cursor);
    nnz_matvec_f32 a = arguments(&m, x, y, begin, end, cursor);
    const float *bias = a.bias = check_chance(70) ? check_input(rows) : NULL;
    if (bias && check_chance(30)) {
        memcpy(y + begin, bias + begin, (end - begin) * sizeof *y);
        a.bias = y;
    }
    check_clip(&a.lo, &a.hi);
    ((nnz_matvec_f32_fn)c->kernel)(&a);
    check_guards(c, y);
    for (uint32_t kb = 0; kb < m.kblocks && !dense; kb++)
        if (cursor[kb] != check_matrix_cursor(&m, kb, end))
            check_fail(c, "the cursor of K-block %u is %u after row %u, not %u", kb, cursor[kb], end,
                       check_matrix_cursor(&m, kb, end));
    char what[100];
    snprintf(what, sizeof what, "%u x %u, K-blocks of %u, rows %u to %u", rows, cols, m.kblock, begin, end);
    for (uint32_t r = 0; r < rows && !c->failed; r++) {
        if (r < begin || r >= end) {
            if (!check_untouched(y[r]))
                check_fail(c, "%s: wrote row %u", what, r);
            continue;
        }
        double sum = bias ? bias[r] : 0.0, magnitude = fabs(sum);
        for (uint32_t k = 0; k < cols; k++) {
            sum += (double)m.plain[(size_t)r * cols + k] * x[k];
            magnitude += fabs((double)m.plain[(size_t)r * cols + k] * x[k]);
        }
        check_close(c, what, r, y[r], check_clipped(sum, a.lo, a.hi), 2e-6 * magnitude + 1e-7);
    }
}

typedef struct matvec_case {
    nnz_matvec_f32_fn kernel;
    check_matrix m;
    float *x, *y;
    uint32_t *cursor;
} matvec_case;

static void run_matvec(void *context) {
    const matvec_case *k = context;
    const nnz_matvec_f32 a = arguments(&k->m, k->x, k->y, 0, k->m.rows, k->cursor);
    k->kernel(&a);
}

static void matvec_bench(check *c) {
    const uint32_t height = check_matrix_height(c->form);
    const bool dense = c->form == NNZ_DENSE;
    static const uint32_t sizes[] = {144, 512, 1024};
    matvec_case k = {.kernel = (nnz_matvec_f32_fn)c->kernel};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const uint32_t n = sizes[i];
        check_matrix_make(&k.m, n, n, n < 256 ? n : 256, height, dense, 10);
        k.x = check_input_slack(n, 16);
        k.y = check_output(n, 0);
        k.cursor = check_zeros(k.m.kblocks * sizeof *k.cursor);
        char label[64];
        snprintf(label, sizeof label, "%u x %u, %s", n, n, dense ? "dense" : "90 %");
        check_rate(c, label, run_matvec, &k, (double)k.m.blocks * height, "MAC");
    }
}

const check_test check_matvec_dense = {NNZ_FAMILY_MATVEC_F32_DENSE, 600, matvec_round, matvec_bench, NNZ_DENSE};
const check_test check_matvec_u1 = {NNZ_FAMILY_MATVEC_F32_U1, 600, matvec_round, matvec_bench, NNZ_U1};
const check_test check_matvec_f8x1 = {NNZ_FAMILY_MATVEC_F32_F8X1, 600, matvec_round, matvec_bench, NNZ_F8X1};
