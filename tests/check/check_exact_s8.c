/* The kernels of which every float32 step is given: the same bytes as the scalar ones, which are the definition; and
 * what they compute, within a tolerance, in double precision. */
#include "sums_s8.h"

#include <math.h>
#include <string.h>

enum { PIXELS_MAX = 70, CHANNELS_MAX = 150 };

/* Often a power of two, which makes ties; seldom far from 1, where quotients take another way. */
static float random_scale(void) {
    const int exponent = check_chance(5) ? (int)check_random(0, 200) - 100 : (int)check_random(0, 8) - 9;
    return ldexpf(check_chance(40) ? 1 : check_uniform(1, 2), exponent);
}

static nnz_sum_s8 random_sum(uint32_t channels, size_t pixels) {
    const float scale = random_scale();
    return check_sum(channels, pixels, scale, random_scale());
}

/* A result as bytes, and the same place for the scalar kernel's. */
typedef struct result {
    nnz_rounded_s8 y, reference;
    size_t bytes;
} result;

static result random_result(uint32_t channels, size_t pixels) {
    result r = {
        .y = {.stride = 4 * (pixels + check_random(0, 9)), .scale = random_scale(), .zero = check_zero_point()}};
    r.bytes = check_planes_bytes(r.y.stride, channels, pixels);
    r.reference = r.y;
    r.y.y = check_bytes_output(r.bytes);
    r.reference.y = check_bytes_output(r.bytes);
    return r;
}

/* Whether byte (c, p) is the scalar kernel's, and `want`, which is known within a tolerance, rounded. */
static void check_rounded(check *c, const nnz_rounded_s8 *y, const nnz_rounded_s8 *reference, uint32_t channel,
                          size_t p, double want, double tolerance) {
    const size_t i = check_planes_at(y->stride, channel, p);
    const double distance = (0.5 + tolerance / (double)y->scale) + fabs(want / (double)y->scale) * 0x1p-22;
    const double real = fmin(fmax(want / (double)y->scale + y->zero, -128), 127);
    check_byte(c, "beside the scalar kernel", i, y->y[i], reference->y[i]);
    if (!c->failed && !(fabs(real - y->y[i]) <= distance))
        check_fail(c, "channel %u: [%zu] is %d, not %g", channel, p, y->y[i], real);
}

/* ---- affine_exact_s8 --------------------------------------------------------------------------------------------- */

static const int functions[] = {NNZ_ACT_NONE, NNZ_ACT_CLIP, NNZ_ACT_GELU};

static double function_of(const nnz_affine_s8 *a, double x) {
    return a->function == NNZ_ACT_CLIP   ? fmin(fmax(x, (double)a->act[0]), (double)a->act[1])
           : a->function == NNZ_ACT_GELU ? x * (0.5 * erfc(-x / sqrt(2.0)))
                                         : x;
}

static void affine_round(check *c) {
    nnz_affine_s8 a = {
        .channels = check_random(1, 18),
        .pixels = check_random(1, PIXELS_MAX),
        .function = functions[check_random(0, 2)],
        .act = {-0.5f, 0.7f},
    };
    const result r = random_result(a.channels, a.pixels);
    a.x = random_sum(a.channels, a.pixels);
    a.y = r.reference;
    nnz_affine_exact_s8_scalar(&a);
    a.y = r.y;
    ((nnz_affine_s8_fn)c->kernel)(&a);
    check_bytes_guards(c, r.y.y, r.bytes);
    for (uint32_t channel = 0; channel < a.channels; channel++)
        for (size_t p = 0; p < a.pixels && !c->failed; p++) {
            const double sum = (double)check_sum_at(&a.x, channel, p);
            check_rounded(c, &r.y, &r.reference, channel, p, function_of(&a, sum), 4e-7 * fabs(sum));
        }
}

static void affine_bench(check *c) {
    check_affine_bench(c, 0.025f);
}

const check_test check_affine_exact_s8 = {
    .family = NNZ_FAMILY_AFFINE_EXACT_S8, .rounds = 1000, .round = affine_round, .bench = affine_bench};

/* ---- layernorm_exact_s8 ------------------------------------------------------------------------------------------ */

/* One pixel. Errors as in layernorm_f32 (check_layernorm.c), of a recurrence in single precision, whose squares fit. */
static void check_pixel(check *c, const nnz_layernorm_s8 *a, const nnz_rounded_s8 *reference, size_t p) {
    double mean = 0, variance = 0, largest = 0;
    for (uint32_t i = 0; i < a->channels; i++) {
        mean += (double)check_sum_at(&a->x, i, p) / a->channels;
        largest = fmax(largest, fabs((double)check_sum_at(&a->x, i, p)));
    }
    for (uint32_t i = 0; i < a->channels; i++)
        variance += pow((double)check_sum_at(&a->x, i, p) - mean, 2) / a->channels;
    const double scale = 1 / sqrt(variance + (double)a->epsilon);
    for (uint32_t i = 0; i < a->channels && !c->failed; i++) {
        const double gamma = a->gamma ? (double)a->gamma[i] : 1, beta = a->beta ? (double)a->beta[i] : 0;
        const double size = (1 + largest * scale) * (fabs(gamma) + fabs(beta));
        const double want = ((double)check_sum_at(&a->x, i, p) - mean) * scale * gamma + beta;
        if (largest > 0x1p50)
            check_byte(c, "of large sums", i, a->y.y[check_planes_at(a->y.stride, i, p)],
                       reference->y[check_planes_at(a->y.stride, i, p)]);
        else
            check_rounded(c, &a->y, reference, i, p, want, 0x1p-24 * (16 + (double)a->channels) * size);
    }
}

static void layernorm_round(check *c) {
    nnz_layernorm_s8 a = {.channels = check_random(1, 60), .pixels = check_random(1, PIXELS_MAX), .epsilon = 1e-3f};
    const result r = random_result(a.channels, a.pixels);
    a.x = random_sum(a.channels, a.pixels);
    a.gamma = check_chance(70) ? check_input(a.channels) : NULL;
    a.beta = check_chance(70) ? check_input(a.channels) : NULL;
    a.scratch = check_zeros((size_t)a.channels * NNZ_EXACT_SCRATCH * sizeof(float));
    a.y = r.reference;
    nnz_layernorm_exact_s8_scalar(&a);
    a.y = r.y;
    ((nnz_layernorm_s8_fn)c->kernel)(&a);
    check_bytes_guards(c, r.y.y, r.bytes);
    for (size_t p = 0; p < a.pixels && !c->failed; p++)
        check_pixel(c, &a, &r.reference, p);
}

static void layernorm_bench(check *c) {
    check_layernorm_bench(c, 0.025f);
}

const check_test check_layernorm_exact_s8 = {
    .family = NNZ_FAMILY_LAYERNORM_EXACT_S8, .rounds = 600, .round = layernorm_round, .bench = layernorm_bench};

/* ---- softmax_exact_s8 -------------------------------------------------------------------------------------------- */

static nnz_softmax_s8 softmax(uint32_t channels, uint32_t pixels, float scale_x, const nnz_rounded_s8 *y) {
    return (nnz_softmax_s8){
        .x = check_bytes(check_planes_bytes(y->stride, channels, pixels)),
        .y = y->y,
        .stride = y->stride,
        .channels = channels,
        .pixels = pixels,
        .scale_x = scale_x,
        .scale = y->scale,
        .zero_x = check_zero_point(),
        .zero = y->zero,
        .scratch = check_zeros((size_t)(channels + 3) / 4 * 4 * 16 * sizeof(float)),
    };
}

static void softmax_round(check *c) {
    const uint32_t channels = check_random(1, CHANNELS_MAX), pixels = check_random(1, PIXELS_MAX);
    result r = random_result(channels, pixels);
    r.y.scale = ldexpf(check_chance(50) ? 1 : check_uniform(0.5f, 1), -(int)check_random(0, 12));
    nnz_softmax_s8 a = softmax(channels, pixels, check_chance(5) ? 1000 : check_uniform(0.001f, 0.5f), &r.y);
    a.y = r.reference.y;
    nnz_softmax_exact_s8_scalar(&a);
    a.y = r.y.y;
    if (check_chance(30))
        a.x = memcpy(a.y, a.x, r.bytes);
    ((nnz_softmax_s8_fn)c->kernel)(&a);
    check_bytes_guards(c, a.y, r.bytes);
    for (uint32_t p = 0; p < pixels; p++)
        for (uint32_t k = 0; k < channels && !c->failed; k++) {
            const size_t i = check_planes_at(a.stride, k, p);
            check_byte(c, "probability", i, a.y[i], r.reference.y[i]);
        }
}

/* The scalar kernel beside double precision. */
static void softmax_definition(check *c) {
    const uint32_t channels = check_random(1, CHANNELS_MAX);
    result r = random_result(channels, 1);
    r.y.scale = check_uniform(0.001f, 0.1f);
    const nnz_softmax_s8 a = softmax(channels, 1, check_uniform(0.001f, 0.5f), &r.y);
    nnz_softmax_exact_s8_scalar(&a);
    double e[CHANNELS_MAX], sum = 0;
    for (uint32_t k = 0; k < channels; k++) {
        e[k] = exp((double)a.scale_x * a.x[check_planes_at(a.stride, k, 0)]);
        sum += e[k];
    }
    for (uint32_t k = 0; k < channels && !c->failed; k++)
        check_rounded(c, &r.y, &r.y, k, 0, e[k] / sum, 1e-4 * (double)a.scale);
}

static void softmax_rounds(check *c) {
    softmax_round(c);
    if (!c->failed)
        softmax_definition(c);
}

typedef struct softmax_case {
    nnz_softmax_s8_fn kernel;
    nnz_softmax_s8 a;
} softmax_case;

static void run_softmax(void *context) {
    const softmax_case *k = context;
    k->kernel(&k->a);
}

static void softmax_bench(check *c) {
    const nnz_rounded_s8 y = {.y = check_bytes_output(128 * 64), .stride = 4 * 64, .scale = 1.0f / 256, .zero = -128};
    softmax_case k = {(nnz_softmax_s8_fn)c->kernel, softmax(128, 64, 0.05f, &y)};
    check_rate(c, "128 channels, 64 pixels", run_softmax, &k, 128 * 64, "element");
}

const check_test check_softmax_exact_s8 = {
    .family = NNZ_FAMILY_SOFTMAX_EXACT_S8, .rounds = 400, .round = softmax_rounds, .bench = softmax_bench};
