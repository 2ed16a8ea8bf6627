/* softmax_f32 and reduce_f32 against sums in double precision. */
#include "check.h"

#include <math.h>
#include <string.h>

/* Checks one of the neighbours: n elements, ldx and ldy apart. */
static bool check_softmax_column(check *c, const float *x, size_t ldx, const float *y, size_t ldy, size_t n) {
    double max = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        max = x[i * ldx] > max ? x[i * ldx] : max;
    for (size_t i = 0; i < n; i++)
        sum += exp(x[i * ldx] - max);
    for (size_t i = 0; i < n; i++) {
        /* The difference of x and the maximum is rounded before the exponential. */
        const double want = exp(x[i * ldx] - max) / sum, relative = 2e-6 + 1.2e-7 * fabs(x[i * ldx] - max);
        if (!check_close(c, "softmax", i, y[i * ldy], want, relative * want + 1e-38))
            return false;
    }
    return true;
}

static void softmax_round(check *c) {
    const bool row = check_chance(50), wide = check_chance(10);
    const size_t n = check_random(1, wide ? 1000 : 70), count = row ? 1 : check_random(1, 50);
    const bool in_place = check_chance(30);
    const size_t ldx = row ? 1 : count + check_random(0, 5), ldy = row || in_place ? ldx : count + check_random(0, 5);
    const size_t elements = (n - 1) * ldx + count, y_elements = (n - 1) * ldy + count;
    float *x = check_input(elements), *y = check_output(y_elements, check_random(0, 15));
    const float range = check_chance(20) ? 200.0f : 5.0f;
    check_fill(x, elements, -range, range);
    if (check_chance(20))
        x[check_random(0, (uint32_t)elements - 1)] = check_chance(50) ? NAN : -INFINITY;
    if (n == 1 || check_chance(5))
        x[0] = 3e38f;
    if (in_place)
        memcpy(y, x, elements * sizeof *x);
    ((nnz_softmax_f32_fn)c->kernel)(in_place ? y : x, ldx, y, ldy, n, count);
    check_guards(c, y);
    for (size_t j = 0; j < count && !c->failed; j++)
        check_softmax_column(c, x + j, ldx, y + j, ldy, n);
    for (size_t i = 0; i < y_elements && !in_place && !c->failed; i++)
        if (i % ldy >= count && !check_untouched(y[i]))
            check_fail(c, "wrote between the neighbours, at element %zu", i);
}

typedef struct softmax_case {
    nnz_softmax_f32_fn kernel;
    float *x, *y;
    size_t n, stride, count;
} softmax_case;

static void run_softmax(void *context) {
    const softmax_case *k = context;
    k->kernel(k->x, k->stride, k->y, k->stride, k->n, k->count);
}

static void softmax_bench(check *c) {
    softmax_case k = {(nnz_softmax_f32_fn)c->kernel, check_input(4096), check_output(4096, 0), 1000, 1, 1};
    check_rate(c, "a row of 1000", run_softmax, &k, 1000, "element");
    k.n = 32;
    k.stride = k.count = 128;
    check_rate(c, "32 planes of 128", run_softmax, &k, 4096, "element");
}

const check_test check_softmax = {
    .family = NNZ_FAMILY_SOFTMAX_F32, .rounds = 600, .round = softmax_round, .bench = softmax_bench};

/* ---- reduce_f32 -------------------------------------------------------------------------------------------------- */

static void reduce_round(check *c) {
    const size_t n = check_random(1, check_chance(10) ? 20000 : 300), count = check_random(1, 20);
    float *x = check_input(n * count), *y = check_output(count, 0);
    if (check_chance(20))
        x[check_random(0, (uint32_t)(n * count) - 1)] = check_chance(50)   ? NAN
                                                        : check_chance(50) ? INFINITY
                                                                           : -INFINITY;
    nnz_reduce_f32_fn reduce = (nnz_reduce_f32_fn)c->kernel;
    for (int function = NNZ_REDUCE_SUM; function <= NNZ_REDUCE_MIN; function++) {
        reduce(function, x, n, y, count);
        check_guards(c, y);
        for (size_t r = 0; r < count && !c->failed; r++) {
            float sum = 0, max = -INFINITY, min = INFINITY;
            for (size_t i = r * n; i < r * n + n; i++) {
                sum += x[i];
                max = x[i] > max || isnan(x[i]) ? x[i] : max;
                min = x[i] < min || isnan(x[i]) ? x[i] : min;
            }
            check_close(c, "reduce", r, y[r],
                        function == NNZ_REDUCE_SUM   ? sum
                        : function == NNZ_REDUCE_MAX ? max
                                                     : min,
                        0);
        }
    }
}

enum { BENCH_RUNS = 16 };

typedef struct reduce_case {
    nnz_reduce_f32_fn kernel;
    int function;
    float *x, *y;
    size_t n;
} reduce_case;

static void run_reduce(void *context) {
    reduce_case *k = context;
    k->kernel(k->function, k->x, k->n, k->y, BENCH_RUNS);
}

static void reduce_bench(check *c) {
    reduce_case k = {(nnz_reduce_f32_fn)c->kernel, NNZ_REDUCE_SUM, check_input(3136 * BENCH_RUNS),
                     check_output(BENCH_RUNS, 0), 3136};
    check_rate(c, "16 sums of 3136", run_reduce, &k, BENCH_RUNS * (double)k.n, "element");
    k.n = 49;
    check_rate(c, "16 sums of 49", run_reduce, &k, BENCH_RUNS * (double)k.n, "element");
    k.function = NNZ_REDUCE_MAX;
    k.n = 3136;
    check_rate(c, "16 maxima of 3136", run_reduce, &k, BENCH_RUNS * (double)k.n, "element");
}

const check_test check_reduce = {
    .family = NNZ_FAMILY_REDUCE_F32, .rounds = 600, .round = reduce_round, .bench = reduce_bench};
