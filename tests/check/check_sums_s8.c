/* affine_s8 and layernorm_s8 against their definitions: sums of int8 planes as real numbers. */
#include "quantized.h"

#include <math.h>
#include <stdio.h>

/* ---- Sums and results, random ------------------------------------------------------------------------------------ */

static float random_scale(void) {
    return ldexpf(check_uniform(1, 2), (int)check_random(0, 8) - 9);
}

static int32_t random_zero(void) {
    return (int32_t)check_random(0, 255) - 128;
}

static size_t plane_bytes(size_t stride, uint32_t channels, size_t pixels) {
    return ((channels + 3) / 4 - 1) * stride + 4 * pixels;
}

static nnz_sum_s8 random_sum(uint32_t channels, size_t pixels) {
    nnz_sum_s8 sum = {
        .bias = check_chance(60) ? check_input(channels) : NULL,
        .stride = 4 * (pixels + check_random(0, 9)),
        .scale = random_scale(),
        .residual_scale = random_scale(),
        .zero = random_zero(),
        .residual_zero = random_zero(),
    };
    sum.x = check_bytes(plane_bytes(sum.stride, channels, pixels));
    sum.residual = check_chance(50) ? check_bytes(plane_bytes(sum.stride, channels, pixels)) : NULL;
    return sum;
}

static nnz_rounded_s8 random_result(uint32_t channels, size_t pixels) {
    const bool quantized = check_chance(60);
    const size_t stride = pixels + check_random(0, 9);
    nnz_rounded_s8 y = {.stride = quantized ? 4 * stride : stride, .scale = 1 / random_scale(), .zero = random_zero()};
    if (quantized)
        y.y = check_bytes_output(plane_bytes(y.stride, channels, pixels));
    else
        y.real = check_output((channels - 1) * y.stride + pixels, check_random(0, 15));
    return y;
}

static float sum_of(const nnz_sum_s8 *a, uint32_t c, size_t p) {
    const size_t at = c / 4 * a->stride + 4 * p + c % 4;
    const float product = a->scale * (float)(a->x[at] - a->zero), sum = a->bias ? product + a->bias[c] : product;
    const float other = a->residual ? a->residual_scale * (float)(a->residual[at] - a->residual_zero) : 0;
    return a->residual ? sum + other : sum;
}

static int rounded(double x, const nnz_rounded_s8 *y) {
    const float product = (float)x * y->scale;
    return (int)fmin(fmax(nearbyint(fmin(fmax(product, -1000), 1000)) + y->zero, -128), 127);
}

/* Whether element (c, p) of the result is `want`, within a tolerance before it is rounded. */
static bool check_result(check *c, const nnz_rounded_s8 *y, uint32_t channel, size_t p, double want, double tolerance) {
    char what[60];
    snprintf(what, sizeof what, "%s, channel %u", y->y ? "int8" : "real", channel);
    if (!y->y)
        return check_close(c, what, p, y->real[channel * y->stride + p], want, tolerance);
    const int got = y->y[channel / 4 * y->stride + 4 * p + channel % 4];
    const int low = rounded(want - tolerance, y), high = rounded(want + tolerance, y);
    return (got >= low && got <= high) || check_fail(c, "%s: [%zu] is %d, not %d to %d", what, p, got, low, high);
}

static void check_result_guards(check *c, const nnz_rounded_s8 *y, uint32_t channels, size_t pixels) {
    if (y->y)
        check_bytes_guards(c, y->y, plane_bytes(y->stride, channels, pixels));
    else
        check_guards(c, y->real);
    for (size_t at = 0; !y->y && at < (channels - 1) * y->stride + pixels && !c->failed; at++)
        if (at % y->stride >= pixels && !check_untouched(y->real[at]))
            check_fail(c, "wrote between the channels, at element %zu", at);
}

/* ---- affine_s8 --------------------------------------------------------------------------------------------------- */

static const int functions[] = {NNZ_ACT_NONE, NNZ_ACT_CLIP, NNZ_ACT_GELU, NNZ_ACT_TANH};

static void affine_round(check *c) {
    nnz_affine_s8 a = {
        .channels = check_random(1, 18),
        .pixels = check_random(1, 70),
        .function = functions[check_random(0, 3)],
        .act = {-0.5f, 0.7f},
    };
    a.x = random_sum(a.channels, a.pixels);
    a.y = random_result(a.channels, a.pixels);
    a.unary = a.function == NNZ_ACT_NONE ? NULL : nnz_unary_f32_scalar;
    ((nnz_affine_s8_fn)c->kernel)(&a);
    check_result_guards(c, &a.y, a.channels, a.pixels);
    for (uint32_t channel = 0; channel < a.channels; channel++)
        for (size_t p = 0; p < a.pixels && !c->failed; p++) {
            const float sum = sum_of(&a.x, channel, p);
            float want = sum;
            if (a.unary)
                a.unary(a.function, a.act, &sum, &want, 1);
            const double tolerance = a.function == NNZ_ACT_GELU ? 4e-7 * fabs(sum) : 0;
            check_result(c, &a.y, channel, p, want, tolerance);
        }
}

typedef struct affine_case {
    nnz_affine_s8_fn kernel;
    nnz_affine_s8 a;
} affine_case;

static void run_affine(void *context) {
    const affine_case *k = context;
    k->kernel(&k->a);
}

enum { BENCH_CHANNELS = 384, BENCH_PIXELS = 128, BENCH = BENCH_CHANNELS * BENCH_PIXELS };

static void affine_bench(check *c) {
    affine_case k = {
        .kernel = (nnz_affine_s8_fn)c->kernel,
        .a = {.x = {.x = check_bytes(BENCH), .bias = check_input(BENCH_CHANNELS), .stride = 4 * BENCH_PIXELS, 0.02f},
              .y = {.y = check_bytes_output(BENCH), .stride = 4 * BENCH_PIXELS, .scale = 40},
              .channels = BENCH_CHANNELS,
              .pixels = BENCH_PIXELS},
    };
    check_rate(c, "bias of 384 channels of 128", run_affine, &k, BENCH, "element");
    k.a.x.residual = check_bytes(BENCH);
    k.a.x.residual_scale = 0.03f;
    check_rate(c, "bias and residual", run_affine, &k, BENCH, "element");
    k.a.x.residual = NULL;
    k.a.function = NNZ_ACT_GELU;
    k.a.unary = nnz_unary_f32_scalar;
    check_rate(c, "bias and GELU", run_affine, &k, BENCH, "element");
}

const check_test check_affine_s8 = {NNZ_FAMILY_AFFINE_S8, 600, affine_round, affine_bench};

/* ---- layernorm_s8 ------------------------------------------------------------------------------------------------ */

/* One pixel, from its sums in single precision. Errors as in layernorm_f32 (check_layernorm.c). */
static void check_pixel(check *c, const nnz_layernorm_s8 *a, const float *v, size_t p) {
    double mean = 0, variance = 0, largest = 0;
    for (uint32_t i = 0; i < a->channels; i++) {
        mean += v[i];
        largest = fmax(largest, fabs((double)v[i]));
    }
    mean /= a->channels;
    for (uint32_t i = 0; i < a->channels; i++)
        variance += (v[i] - mean) * (v[i] - mean);
    const double scale = 1 / sqrt(variance / a->channels + a->epsilon);
    for (uint32_t i = 0; i < a->channels && !c->failed; i++) {
        const double gamma = a->gamma ? a->gamma[i] : 1, beta = a->beta ? a->beta[i] : 0;
        const double size = (1 + largest * scale) * (fabs(gamma) + fabs(beta));
        const double tolerance = 0x1p-24 * (8 + (double)a->channels / 4) * size;
        check_result(c, &a->y, i, p, (v[i] - mean) * scale * gamma + beta, tolerance);
    }
}

static void layernorm_round(check *c) {
    nnz_layernorm_s8 a = {.channels = check_random(1, 60), .pixels = check_random(1, 70), .epsilon = 1e-3f};
    a.x = random_sum(a.channels, a.pixels);
    a.y = random_result(a.channels, a.pixels);
    a.gamma = check_chance(70) ? check_input(a.channels) : NULL;
    a.beta = check_chance(70) ? check_input(a.channels) : NULL;
    a.scratch = check_zeros((size_t)a.channels * 16 * sizeof(float));
    ((nnz_layernorm_s8_fn)c->kernel)(&a);
    check_result_guards(c, &a.y, a.channels, a.pixels);
    for (size_t p = 0; p < a.pixels && !c->failed; p++) {
        float v[60];
        for (uint32_t channel = 0; channel < a.channels; channel++)
            v[channel] = sum_of(&a.x, channel, p);
        check_pixel(c, &a, v, p);
    }
}

typedef struct layernorm_case {
    nnz_layernorm_s8_fn kernel;
    nnz_layernorm_s8 a;
} layernorm_case;

static void run_layernorm(void *context) {
    const layernorm_case *k = context;
    k->kernel(&k->a);
}

static void layernorm_bench(check *c) {
    layernorm_case k = {
        .kernel = (nnz_layernorm_s8_fn)c->kernel,
        .a = {.x = {.x = check_bytes(BENCH),
                    .residual = check_bytes(BENCH),
                    .bias = check_input(BENCH_CHANNELS),
                    .stride = 4 * BENCH_PIXELS,
                    .scale = 0.02f,
                    .residual_scale = 0.03f},
              .y = {.y = check_bytes_output(BENCH), .stride = 4 * BENCH_PIXELS, .scale = 40},
              .channels = BENCH_CHANNELS,
              .pixels = BENCH_PIXELS,
              .gamma = check_input(BENCH_CHANNELS),
              .beta = check_input(BENCH_CHANNELS),
              .epsilon = 1e-5f,
              .scratch = check_zeros(BENCH_CHANNELS * 16 * sizeof(float))},
    };
    check_rate(c, "bias and residual, 384 x 128", run_layernorm, &k, BENCH, "element");
}

const check_test check_layernorm_s8 = {NNZ_FAMILY_LAYERNORM_S8, 600, layernorm_round, layernorm_bench};
