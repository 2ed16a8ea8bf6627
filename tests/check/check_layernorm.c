/* layernorm_f32 against sums in double precision. */
#include "check.h"

#include <math.h>
#include <string.h>

/* Checks one of the neighbours. Rounding the mean moves every element, and the deviations of all are summed: errors
   grow with the largest |x| over the standard deviation. */
static bool check_column(check *c, const nnz_layernorm_f32 *a, const float *x, const float *y) {
    double mean = 0, variance = 0, largest = 0;
    for (size_t i = 0; i < a->n; i++) {
        mean += x[i * a->stride];
        largest = fmax(largest, fabs((double)x[i * a->stride]));
    }
    mean /= (double)a->n;
    for (size_t i = 0; i < a->n; i++)
        variance += (x[i * a->stride] - mean) * (x[i * a->stride] - mean);
    const double scale = 1 / sqrt(variance / (double)a->n + a->epsilon);
    for (size_t i = 0; i < a->n; i++) {
        const double gamma = a->gamma ? a->gamma[i] : 1, beta = a->beta ? a->beta[i] : 0;
        const double want = (x[i * a->stride] - mean) * scale * gamma + beta;
        const double tolerance = 0x1p-24 * (8 + (double)a->n / 4) * (1 + largest * scale) * (fabs(gamma) + fabs(beta));
        if (!check_close(c, "layernorm", i, y[i * a->stride], want, tolerance))
            return false;
    }
    return true;
}

static void layernorm_round(check *c) {
    const bool row = check_chance(40);
    const size_t n = check_random(1, check_chance(20) ? 800 : 50), count = row ? 1 : check_random(1, 150);
    const size_t stride = row ? 1 : count + check_random(0, 5), elements = (n - 1) * stride + count;
    float *x = check_input(elements), *y = check_output(elements, check_random(0, 15));
    const float center = check_chance(30) ? 10.0f : 0;
    check_fill(x, elements, center - 2, center + 2);
    const bool in_place = check_chance(30);
    if (in_place)
        memcpy(y, x, elements * sizeof *x);
    const nnz_layernorm_f32 a = {
        .x = in_place ? y : x,
        .y = y,
        .n = n,
        .stride = stride,
        .count = count,
        .gamma = check_chance(70) ? check_input(n) : NULL,
        .beta = check_chance(70) ? check_input(n) : NULL,
        .epsilon = check_chance(50) ? 1e-5f : 1e-1f,
    };
    ((nnz_layernorm_f32_fn)c->kernel)(&a);
    check_guards(c, y);
    for (size_t j = 0; j < count && !c->failed; j++)
        check_column(c, &a, x + j, y + j);
    for (size_t i = 0; i < elements && !in_place && !c->failed; i++)
        if (i % stride >= count && !check_untouched(y[i]))
            check_fail(c, "wrote between the neighbours, at element %zu", i);
}

typedef struct layernorm_case {
    nnz_layernorm_f32_fn kernel;
    nnz_layernorm_f32 a;
} layernorm_case;

static void run_layernorm(void *context) {
    const layernorm_case *k = context;
    k->kernel(&k->a);
}

static void layernorm_bench(check *c) {
    enum { N = 384, COUNT = 128 };
    layernorm_case k = {
        .kernel = (nnz_layernorm_f32_fn)c->kernel,
        .a = {check_input(N * COUNT), check_output(N * COUNT, 0), N, 1, 1, check_input(N), check_input(N), 1e-5f},
    };
    check_rate(c, "a row of 384", run_layernorm, &k, N, "element");
    k.a.stride = k.a.count = COUNT;
    check_rate(c, "384 planes of 128", run_layernorm, &k, N * COUNT, "element");
}

const check_test check_layernorm = {
    .family = NNZ_FAMILY_LAYERNORM_F32, .rounds = 600, .round = layernorm_round, .bench = layernorm_bench};
