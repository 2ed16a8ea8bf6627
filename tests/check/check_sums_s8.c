/* affine_s8 and layernorm_s8 against their definitions: sums of int8 planes as real numbers. */
#include "sums_s8.h"

#include <math.h>
#include <stdio.h>

/* ---- Sums and results, random ------------------------------------------------------------------------------------ */

static float random_scale(void) {
    return ldexpf(check_uniform(1, 2), (int)check_random(0, 8) - 9);
}

static nnz_sum_s8 random_sum(uint32_t channels, size_t pixels) {
    const float scale = random_scale();
    return check_sum(channels, pixels, scale, random_scale());
}

static nnz_rounded_s8 random_result(uint32_t channels, size_t pixels) {
    const bool quantized = check_chance(60);
    const size_t stride = pixels + check_random(0, 9);
    nnz_rounded_s8 y = {
        .stride = quantized ? 4 * stride : stride, .scale = 1 / random_scale(), .zero = check_zero_point()};
    if (quantized)
        y.y = check_bytes_output(check_planes_bytes(y.stride, channels, pixels));
    else
        y.real = check_output((channels - 1) * y.stride + pixels, check_random(0, 15));
    return y;
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
    const int got = y->y[check_planes_at(y->stride, channel, p)];
    const int low = rounded(want - tolerance, y), high = rounded(want + tolerance, y);
    return (got >= low && got <= high) || check_fail(c, "%s: [%zu] is %d, not %d to %d", what, p, got, low, high);
}

static void check_result_guards(check *c, const nnz_rounded_s8 *y, uint32_t channels, size_t pixels) {
    if (y->y)
        check_bytes_guards(c, y->y, check_planes_bytes(y->stride, channels, pixels));
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
            const float sum = check_sum_at(&a.x, channel, p);
            float want = sum;
            if (a.unary)
                a.unary(a.function, a.act, &sum, &want, 1);
            const double tolerance = a.function == NNZ_ACT_GELU ? 4e-7 * fabs(sum) : 0;
            check_result(c, &a.y, channel, p, want, tolerance);
        }
}

static void affine_bench(check *c) {
    check_affine_bench(c, 40);
}

const check_test check_affine_s8 = {
    .family = NNZ_FAMILY_AFFINE_S8, .rounds = 600, .round = affine_round, .bench = affine_bench};

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
            v[channel] = check_sum_at(&a.x, channel, p);
        check_pixel(c, &a, v, p);
    }
}

static void layernorm_bench(check *c) {
    check_layernorm_bench(c, 40);
}

const check_test check_layernorm_s8 = {
    .family = NNZ_FAMILY_LAYERNORM_S8, .rounds = 600, .round = layernorm_round, .bench = layernorm_bench};
