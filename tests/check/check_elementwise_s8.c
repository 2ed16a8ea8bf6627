/* add_s8, mul_s8, lut_s8, rescale_s8, quantize_f32_s8 and dequantize_s8_f32 against their
 * definitions.
 */
#include "quantized.h"

#include <math.h>
#include <string.h>

enum { BENCH = 4096 };

static int8_t clamped(int64_t v, int32_t lo, int32_t hi) {
    return (int8_t)(v < lo ? lo : v > hi ? hi : v);
}

static void *copy_of(const void *x, size_t bytes) {
    return memcpy(check_memory(bytes), x, bytes);
}

/* ---- add_s8 ------------------------------------------------------------------------------------------------------ */

static void add_round(check *c) {
    const size_t n = check_random(0, 300);
    const check_range range = check_range_random();
    nnz_add_s8 a = {
        .a = check_bytes(n),
        .b = check_bytes(n),
        .n = n,
        .multiplier_a = *check_words(1, 1 << 22, true),
        .multiplier_b = *check_words(1, 1 << 22, true),
        .constant = *check_words(1, (1 << 30) - 1, true),
        .shift = check_chance(70) ? check_random(16, 30) : check_random(0, 30),
        .lo = range.lo,
        .hi = range.hi,
    };
    const bool in_place = check_chance(30);
    int8_t *from = in_place ? copy_of(a.a, n) : NULL;
    a.y = in_place ? (int8_t *)a.a : check_bytes_output(n);
    ((nnz_add_s8_fn)c->kernel)(&a);
    if (!in_place)
        check_bytes_guards(c, a.y, n);
    for (size_t i = 0; i < n && !c->failed; i++) {
        const int64_t sum = (int64_t)(in_place ? from : a.a)[i] * a.multiplier_a + (int64_t)a.b[i] * a.multiplier_b;
        const double quotient = floor((double)(sum + a.constant) / (double)(1u << a.shift));
        check_byte(c, "sum", i, a.y[i], clamped((int64_t)quotient, a.lo, a.hi));
    }
}

typedef struct add_case {
    nnz_add_s8_fn kernel;
    nnz_add_s8 a;
} add_case;

static void run_add(void *context) {
    add_case *k = context;
    k->kernel(&k->a);
}

static void add_bench(check *c) {
    add_case k = {(nnz_add_s8_fn)c->kernel,
                  {.a = check_bytes(BENCH),
                   .b = check_bytes(BENCH),
                   .y = check_bytes_output(BENCH),
                   .n = BENCH,
                   .multiplier_a = 1 << 20,
                   .multiplier_b = 1 << 19,
                   .shift = 20,
                   .lo = -128,
                   .hi = 127}};
    check_rate(c, "4096", run_add, &k, BENCH, "element");
}

const check_test check_add_s8 = {.family = NNZ_FAMILY_ADD_S8, .rounds = 600, .round = add_round, .bench = add_bench};

/* ---- mul_s8 ------------------------------------------------------------------------------------------------------ */

static void mul_round(check *c) {
    const size_t n = check_random(0, 300);
    const check_range range = check_range_random();
    nnz_mul_s8 a = {
        .a = check_bytes(n),
        .n = n,
        .repeat = check_chance(50),
        .zero_a = (int32_t)check_random(0, 255) - 128,
        .zero_b = (int32_t)check_random(0, 255) - 128,
        .multiplier = *check_multipliers(1, 20000, range.shift),
        .shift = range.shift,
        .zero = range.zero,
        .lo = range.lo,
        .hi = range.hi,
    };
    a.b = check_bytes(a.repeat ? 4 : n);
    a.y = check_bytes_output(n);
    ((nnz_mul_s8_fn)c->kernel)(&a);
    check_bytes_guards(c, a.y, n);
    for (size_t i = 0; i < n && !c->failed; i++) {
        const int64_t product = (int64_t)(a.a[i] - a.zero_a) * (a.b[a.repeat ? i & 3 : i] - a.zero_b);
        check_byte(c, a.repeat ? "product with a repeated b" : "product", i, a.y[i],
                   check_requantized(product, a.multiplier, &range));
    }
}

typedef struct mul_case {
    nnz_mul_s8_fn kernel;
    nnz_mul_s8 a;
} mul_case;

static void run_mul(void *context) {
    mul_case *k = context;
    k->kernel(&k->a);
}

static void mul_bench(check *c) {
    mul_case k = {(nnz_mul_s8_fn)c->kernel,
                  {.a = check_bytes(BENCH),
                   .b = check_bytes(BENCH),
                   .y = check_bytes_output(BENCH),
                   .n = BENCH,
                   .multiplier = 1 << 24,
                   .lo = -128,
                   .hi = 127}};
    check_rate(c, "4096", run_mul, &k, BENCH, "element");
}

const check_test check_mul_s8 = {.family = NNZ_FAMILY_MUL_S8, .rounds = 600, .round = mul_round, .bench = mul_bench};

/* ---- lut_s8 ------------------------------------------------------------------------------------------------------ */

static void lut_round(check *c) {
    const size_t n = check_random(0, 400);
    const int8_t *table = check_bytes(256), *x = check_bytes(n);
    int8_t *y = check_bytes_output(n);
    ((nnz_lut_s8_fn)c->kernel)(table, x, y, n);
    check_bytes_guards(c, y, n);
    for (size_t i = 0; i < n && !c->failed; i++)
        check_byte(c, "entry", i, y[i], table[128 + x[i]]);
}

typedef struct lut_case {
    nnz_lut_s8_fn kernel;
    const int8_t *table, *x;
    int8_t *y;
} lut_case;

static void run_lut(void *context) {
    lut_case *k = context;
    k->kernel(k->table, k->x, k->y, BENCH);
}

static void lut_bench(check *c) {
    lut_case k = {(nnz_lut_s8_fn)c->kernel, check_bytes(256), check_bytes(BENCH), check_bytes_output(BENCH)};
    check_rate(c, "4096", run_lut, &k, BENCH, "element");
}

const check_test check_lut_s8 = {.family = NNZ_FAMILY_LUT_S8, .rounds = 300, .round = lut_round, .bench = lut_bench};

/* ---- rescale_s8 -------------------------------------------------------------------------------------------------- */

static int32_t random_byte(int32_t lo) {
    return (int32_t)check_random(0, (uint32_t)(127 - lo)) + lo;
}

static void rescale_round(check *c) {
    const size_t n = check_random(0, 400);
    const int32_t lo = random_byte(-128);
    nnz_rescale_s8 a = {.x = check_bytes(n),
                        .y = check_bytes_output(n),
                        .n = n,
                        .shift = check_random(0, 7),
                        .zero_x = random_byte(-128),
                        .multiplier = check_chance(10) ? (1 << 15) - 1 : (int32_t)check_random(0, (1 << 15) - 1),
                        .zero = random_byte(-128),
                        .lo = lo,
                        .hi = random_byte(lo)};
    ((nnz_rescale_s8_fn)c->kernel)(&a);
    check_bytes_guards(c, a.y, n);
    for (size_t i = 0; i < n && !c->failed; i++) {
        const double product = ldexp((double)(a.x[i] - a.zero_x) * a.multiplier, (int)a.shift - 15);
        check_byte(c, "element", i, a.y[i], clamped(a.zero + (int64_t)floor(product + 0.5), a.lo, a.hi));
    }
}

typedef struct rescale_case {
    nnz_rescale_s8_fn kernel;
    nnz_rescale_s8 a;
} rescale_case;

static void run_rescale(void *context) {
    rescale_case *k = context;
    k->kernel(&k->a);
}

static void rescale_bench(check *c) {
    rescale_case k = {(nnz_rescale_s8_fn)c->kernel,
                      {.x = check_bytes(BENCH),
                       .y = check_bytes_output(BENCH),
                       .n = BENCH,
                       .multiplier = 30000,
                       .lo = -128,
                       .hi = 127}};
    check_rate(c, "4096", run_rescale, &k, BENCH, "element");
}

const check_test check_rescale_s8 = {
    .family = NNZ_FAMILY_RESCALE_S8, .rounds = 600, .round = rescale_round, .bench = rescale_bench};

/* ---- quantize_f32_s8 --------------------------------------------------------------------------------------------- */

static int8_t quantized(float x, float scale, int32_t zero, bool divides) {
    const float product = divides ? x / scale : x * scale;
    if (isnan(product))
        return (int8_t)zero;
    const double whole = nearbyint(fmin(fmax(product, -1000), 1000));
    return clamped((int64_t)whole + zero, -128, 127);
}

static void quantize_round(check *c) {
    static const float special[] = {NAN, INFINITY, -INFINITY, -0.0f, 3e38f, -3e38f, 1e-40f};
    nnz_quantize_f32_s8 a = {
        .pixels = check_random(1, 100),
        .plain = check_chance(30),
        .scale = check_chance(50) ? 1 : ldexpf(check_uniform(1, 2), (int)check_random(0, 40) - 20),
        .zero = (int32_t)check_random(0, 255) - 128,
        .divides = check_chance(40),
    };
    a.channels = a.plain ? 1 : check_random(1, 4);
    a.x_stride = a.pixels + check_random(0, 9);
    float *x = check_input((a.channels - 1) * a.x_stride + a.pixels);
    for (size_t i = 0; i < (a.channels - 1) * a.x_stride + a.pixels; i++) /* halves among them, for ties */
        x[i] = check_chance(5) ? special[check_random(0, 6)] : ((float)check_random(0, 800) - 400) / 2 / a.scale;
    a.x = x;
    const size_t bytes = a.pixels * (a.plain ? 1 : 4);
    a.y = check_bytes_output(bytes);
    ((nnz_quantize_f32_s8_fn)c->kernel)(&a);
    check_bytes_guards(c, a.y, bytes);
    for (size_t i = 0; i < bytes && !c->failed; i++) {
        const size_t channel = a.plain ? 0 : i % 4, pixel = a.plain ? i : i / 4;
        if (channel < a.channels)
            check_byte(c, a.plain ? "plain" : "interleaved", i, a.y[i],
                       quantized(x[channel * a.x_stride + pixel], a.scale, a.zero, a.divides));
    }
}

typedef struct quantize_case {
    nnz_quantize_f32_s8_fn kernel;
    nnz_quantize_f32_s8 a;
} quantize_case;

static void run_quantize(void *context) {
    quantize_case *k = context;
    k->kernel(&k->a);
}

static void quantize_bench(check *c) {
    quantize_case k = {(nnz_quantize_f32_s8_fn)c->kernel,
                       {.x = check_input(BENCH),
                        .y = check_bytes_output(BENCH),
                        .x_stride = BENCH / 4,
                        .pixels = BENCH / 4,
                        .channels = 4,
                        .scale = 100}};
    check_rate(c, "4 x 1024, interleaved", run_quantize, &k, BENCH, "element");
}

const check_test check_quantize = {
    .family = NNZ_FAMILY_QUANTIZE_F32_S8, .rounds = 600, .round = quantize_round, .bench = quantize_bench};

/* ---- dequantize_s8_f32 ------------------------------------------------------------------------------------------- */

static void dequantize_round(check *c) {
    nnz_dequantize_s8_f32 a = {
        .pixels = check_random(1, 100),
        .plain = check_chance(30),
        .scale = ldexpf(check_uniform(1, 2), (int)check_random(0, 40) - 20),
        .zero = (int32_t)check_random(0, 255) - 128,
    };
    a.channels = a.plain ? 1 : check_random(1, 4);
    a.y_stride = a.pixels + check_random(0, 9);
    a.x = check_bytes(a.pixels * (a.plain ? 1 : 4));
    const size_t outputs = (a.channels - 1) * a.y_stride + a.pixels;
    a.y = check_output(outputs, check_random(0, 15));
    ((nnz_dequantize_s8_f32_fn)c->kernel)(&a);
    check_guards(c, a.y);
    for (size_t i = 0; i < outputs && !c->failed; i++) {
        const size_t channel = i / a.y_stride, pixel = i % a.y_stride;
        if (pixel >= a.pixels) {
            if (!check_untouched(a.y[i]))
                check_fail(c, "wrote between the channels, at element %zu", i);
            continue;
        }
        const int8_t x = a.x[a.plain ? pixel : 4 * pixel + channel];
        check_close(c, a.plain ? "plain" : "interleaved", i, a.y[i], a.scale * (float)(x - a.zero), 0);
    }
}

typedef struct dequantize_case {
    nnz_dequantize_s8_f32_fn kernel;
    nnz_dequantize_s8_f32 a;
} dequantize_case;

static void run_dequantize(void *context) {
    dequantize_case *k = context;
    k->kernel(&k->a);
}

static void dequantize_bench(check *c) {
    dequantize_case k = {(nnz_dequantize_s8_f32_fn)c->kernel,
                         {.x = check_bytes(BENCH),
                          .y = check_output(BENCH, 0),
                          .y_stride = BENCH / 4,
                          .pixels = BENCH / 4,
                          .channels = 4,
                          .scale = 0.1f}};
    check_rate(c, "4 x 1024, interleaved", run_dequantize, &k, BENCH, "element");
}

const check_test check_dequantize = {
    .family = NNZ_FAMILY_DEQUANTIZE_S8_F32, .rounds = 600, .round = dequantize_round, .bench = dequantize_bench};
