/* matvec_narrow_* against the product of the widened values in double precision. */
#include "narrow.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HEIGHT = 8, COLUMNS = 256 };

static nnz_matvec_narrow arguments(const check_narrow *k, bool dense, uint32_t rows) {
    uint8_t *index = check_memory(k->blocks);
    for (size_t b = 0; b < k->blocks; b++)
        index[b] = (uint8_t)check_random(0, COLUMNS - 1);
    return (nnz_matvec_narrow){
        .x = check_input(COLUMNS),
        .y = check_output(rows, check_random(0, 15)),
        .rows = rows,
        .values = k->values,
        .first = k->first,
        .count = k->count,
        .index = dense ? NULL : index,
        .share = k->share,
        .scale = k->scale,
        .lo = -INFINITY,
        .hi = INFINITY,
    };
}

static void matvec_round(check *c) {
    const uint32_t bits = (uint32_t)c->form;
    check_narrow k;
    check_narrow_make(&k, bits, HEIGHT, check_random(1, 6), check_chance(30) ? COLUMNS : 20, true);
    const bool dense = check_chance(50);
    const uint32_t rows = (k.runs - 1) * HEIGHT + check_random(1, HEIGHT);
    nnz_matvec_narrow a = arguments(&k, dense, rows);
    const float *bias = a.bias = check_chance(70) ? check_input(rows) : NULL;
    if (bias && check_chance(30)) {
        memcpy(a.y, bias, rows * sizeof *a.y);
        a.bias = a.y;
    }
    check_clip(&a.lo, &a.hi);
    ((nnz_matvec_narrow_fn)c->kernel)(&a);
    check_guards(c, a.y);
    char what[100];
    snprintf(what, sizeof what, "%u bits, %s, shares of %u, %u rows", bits, dense ? "dense" : "sparse", k.share, rows);
    size_t block = 0, share = 0;
    for (uint32_t r = 0; r < k.runs; block += k.count[r], share += check_narrow_shares(&k, r), r++)
        for (uint32_t row = r * HEIGHT; row < (r + 1) * HEIGHT && row < rows; row++) {
            double sum = bias ? bias[row] : 0.0, magnitude = fabs(sum);
            for (uint32_t b = 0; b < k.count[r]; b++) {
                const double x = a.x[dense ? b : a.index[block + b]];
                const double product = x * check_narrow_value(&k, r, block, share, b, row % HEIGHT);
                sum += product;
                magnitude += fabs(product);
            }
            check_close(c, what, row, a.y[row], check_clipped(sum, a.lo, a.hi), 2e-6 * magnitude + 1e-7);
        }
}

typedef struct matvec_case {
    nnz_matvec_narrow_fn kernel;
    nnz_matvec_narrow a;
} matvec_case;

static void run_matvec(void *context) {
    const matvec_case *b = context;
    b->kernel(&b->a);
}

static void matvec_bench(check *c) {
    for (int dense = 0; dense < 2; dense++) {
        check_narrow k;
        check_narrow_make(&k, (uint32_t)c->form, HEIGHT, 32, dense ? COLUMNS : 50, true);
        matvec_case b = {(nnz_matvec_narrow_fn)c->kernel, arguments(&k, dense, k.runs * HEIGHT)};
        check_rate(c, dense ? "dense" : "runs of about 25 blocks", run_matvec, &b, (double)k.blocks * HEIGHT, "MAC");
    }
}

const check_test check_matvec_narrow_f16 = {NNZ_FAMILY_MATVEC_NARROW_F16, 400, matvec_round, matvec_bench, 16};
const check_test check_matvec_narrow_s8 = {NNZ_FAMILY_MATVEC_NARROW_S8, 400, matvec_round, matvec_bench, 8};
const check_test check_matvec_narrow_s4 = {NNZ_FAMILY_MATVEC_NARROW_S4, 400, matvec_round, matvec_bench, 4};
