#include "sums_s8.h"

size_t check_planes_at(size_t stride, uint32_t channel, size_t pixel) {
    return channel / 4 * stride + 4 * pixel + channel % 4;
}

size_t check_planes_bytes(size_t stride, uint32_t channels, size_t pixels) {
    return ((channels + 3) / 4 - 1) * stride + 4 * pixels;
}

int32_t check_zero_point(void) {
    return (int32_t)check_random(0, 255) - 128;
}

nnz_sum_s8 check_sum(uint32_t channels, size_t pixels, float scale, float residual_scale) {
    nnz_sum_s8 sum = {
        .bias = check_chance(60) ? check_input(channels) : NULL,
        .stride = 4 * (pixels + check_random(0, 9)),
        .scale = scale,
        .residual_scale = residual_scale,
        .zero = check_zero_point(),
        .residual_zero = check_zero_point(),
    };
    sum.x = check_bytes(check_planes_bytes(sum.stride, channels, pixels));
    sum.residual = check_chance(50) ? check_bytes(check_planes_bytes(sum.stride, channels, pixels)) : NULL;
    return sum;
}

float check_sum_at(const nnz_sum_s8 *a, uint32_t channel, size_t pixel) {
    const size_t at = check_planes_at(a->stride, channel, pixel);
    const float product = a->scale * (float)(a->x[at] - a->zero);
    const float sum = a->bias ? product + a->bias[channel] : product;
    const float other = a->residual ? a->residual_scale * (float)(a->residual[at] - a->residual_zero) : 0;
    return a->residual ? sum + other : sum;
}

/* ---- Benches ----------------------------------------------------------------------------------------------------- */

enum { CHANNELS = 384, PIXELS = 128, ELEMENTS = CHANNELS * PIXELS };

static nnz_sum_s8 bench_sum(void) {
    return (nnz_sum_s8){
        .x = check_bytes(ELEMENTS), .bias = check_input(CHANNELS), .stride = 4 * PIXELS, .scale = 0.02f};
}

static void add_residual(nnz_sum_s8 *sum) {
    sum->residual = check_bytes(ELEMENTS);
    sum->residual_scale = 0.03f;
}

static nnz_rounded_s8 bench_result(float scale) {
    return (nnz_rounded_s8){.y = check_bytes_output(ELEMENTS), .stride = 4 * PIXELS, .scale = scale};
}

typedef struct affine_case {
    nnz_affine_s8_fn kernel;
    nnz_affine_s8 a;
} affine_case;

static void run_affine(void *context) {
    const affine_case *k = context;
    k->kernel(&k->a);
}

void check_affine_bench(check *c, float y_scale) {
    affine_case k = {(nnz_affine_s8_fn)c->kernel,
                     {.x = bench_sum(), .y = bench_result(y_scale), .channels = CHANNELS, .pixels = PIXELS}};
    check_rate(c, "bias of 384 channels of 128", run_affine, &k, ELEMENTS, "element");
    k.a.function = NNZ_ACT_GELU;
    k.a.unary = nnz_unary_f32_scalar;
    check_rate(c, "bias and GELU", run_affine, &k, ELEMENTS, "element");
    k.a.function = NNZ_ACT_NONE;
    k.a.unary = NULL;
    add_residual(&k.a.x);
    check_rate(c, "bias and residual", run_affine, &k, ELEMENTS, "element");
}

typedef struct layernorm_case {
    nnz_layernorm_s8_fn kernel;
    nnz_layernorm_s8 a;
} layernorm_case;

static void run_layernorm(void *context) {
    const layernorm_case *k = context;
    k->kernel(&k->a);
}

void check_layernorm_bench(check *c, float y_scale) {
    layernorm_case k = {(nnz_layernorm_s8_fn)c->kernel,
                        {.x = bench_sum(),
                         .y = bench_result(y_scale),
                         .channels = CHANNELS,
                         .pixels = PIXELS,
                         .gamma = check_input(CHANNELS),
                         .beta = check_input(CHANNELS),
                         .epsilon = 1e-5f,
                         .scratch = check_zeros(CHANNELS * NNZ_EXACT_SCRATCH * sizeof(float))}};
    add_residual(&k.a.x);
    check_rate(c, "bias and residual, 384 x 128", run_layernorm, &k, ELEMENTS, "element");
}
