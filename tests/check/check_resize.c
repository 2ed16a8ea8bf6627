/* resize_f32 against the sums in double precision. */
#include "check.h"

#include <math.h>
#include <stdio.h>

/* A table [outputs][taps] of indices below `size`: neighbours, as in real resizing, or any. */
static int32_t *random_indices(uint32_t outputs, uint32_t taps, uint32_t size, bool any) {
    int32_t *index = check_memory((size_t)outputs * taps * sizeof *index);
    for (uint32_t i = 0; i < outputs; i++)
        for (uint32_t t = 0; t < taps; t++) {
            const uint64_t near = (uint64_t)i * size / outputs + t;
            index[i * taps + t] = (int32_t)(any ? check_random(0, size - 1) : near < size ? near : size - 1);
        }
    return index;
}

static nnz_resize_f32 random_case(uint32_t rows, uint32_t height, uint32_t width, uint32_t out_width, uint32_t taps,
                                  bool any) {
    return (nnz_resize_f32){
        .x = check_input((size_t)height * width),
        .y = check_output((size_t)rows * out_width, check_random(0, 15)),
        .z = check_output((size_t)rows * width, 0),
        .rows = rows,
        .width = width,
        .out_width = out_width,
        .taps = taps,
        .row_index = random_indices(rows, taps, height, any),
        .column_index = random_indices(out_width, taps, width, any),
        .row_weight = check_input((size_t)rows * taps),
        .column_weight = check_input((size_t)out_width * taps),
    };
}

static void resize_round(check *c) {
    const bool any = check_chance(20);
    const uint32_t height = check_random(1, 9), width = check_random(1, 70), taps = check_random(1, 5);
    const nnz_resize_f32 a =
        random_case(check_random(1, NNZ_RESIZE_ROWS), height, width, check_random(1, 130), taps, any);
    ((nnz_resize_f32_fn)c->kernel)(&a);
    check_guards(c, a.y);
    check_guards(c, a.z);
    char what[100];
    snprintf(what, sizeof what, "%u rows of %u from %u x %u, %u taps%s", a.rows, a.out_width, height, width, taps,
             any ? " anywhere" : "");
    for (uint32_t r = 0; r < a.rows && !c->failed; r++)
        for (uint32_t i = 0; i < a.out_width; i++) {
            double want = 0, magnitude = 0;
            for (uint32_t s = 0; s < taps; s++)
                for (uint32_t t = 0; t < taps; t++) {
                    const double term = (double)a.row_weight[r * taps + s] * a.column_weight[i * taps + t] *
                                        a.x[a.row_index[r * taps + s] * width + a.column_index[i * taps + t]];
                    want += term;
                    magnitude += fabs(term);
                }
            check_close(c, what, (size_t)r * a.out_width + i, a.y[(size_t)r * a.out_width + i], want,
                        1e-6 * magnitude + 1e-30);
        }
}

typedef struct resize_case {
    nnz_resize_f32_fn kernel;
    nnz_resize_f32 a;
} resize_case;

static void run_resize(void *context) {
    resize_case *k = context;
    k->kernel(&k->a);
}

static void resize_bench(check *c) {
    resize_case k = {(nnz_resize_f32_fn)c->kernel, random_case(NNZ_RESIZE_ROWS, 4, 64, 128, 2, false)};
    check_rate(c, "linear, 64 to 128", run_resize, &k, NNZ_RESIZE_ROWS * 128, "output");
    k.a = random_case(1, 4, 64, 128, 1, false);
    check_rate(c, "nearest, 64 to 128", run_resize, &k, 128, "output");
}

const check_test check_resize = {
    .family = NNZ_FAMILY_RESIZE_F32, .rounds = 600, .round = resize_round, .bench = resize_bench};
