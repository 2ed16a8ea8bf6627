/* depthwise_s8 against its definition. */
#include "quantized.h"

#include <stdio.h>

/*
 * Sets x, w, bias, multiplier, y, ldx and scratch for the shape in `a`. x is as large as the last tap needs, but for
 * the padding; its rows are `margin` longer, and behind it is the slack.
 */
static void allocate(check *c, nnz_depthwise_s8 *a, uint32_t margin) {
    const uint32_t rows = (a->out_height - 1) * a->stride_h + (a->kernel_h - 1) * a->dilation_h + 1;
    const uint32_t columns = nnz_depthwise_s8_columns(a->out_width, a->kernel_w, a->stride_w, a->dilation_w);
    const size_t taps = (size_t)a->kernel_h * a->kernel_w;
    const bool padded = nnz_isa_is_small(check_isa(c)) && check_chance(70);
    a->pad_top = padded ? check_random(0, rows - 1) : 0;
    a->pad_left = padded ? check_random(0, columns - 1) : 0;
    a->height = check_random(padded ? 1 : rows - a->pad_top, rows - a->pad_top);
    a->width = check_random(padded ? 1 : columns - a->pad_left, columns - a->pad_left);
    a->zero_x = (int8_t)((int)check_random(0, 255) - 128);
    a->ldx = (size_t)a->width + margin;
    a->x = check_bytes_slack(4 * ((a->height - 1) * a->ldx + a->width), NNZ_DEPTHWISE_S8_SLACK);
    a->w = check_bytes_slack(4 * taps, 12);
    a->bias = check_words(4, (1 << 30) - 1, true);
    a->multiplier = check_multipliers(4, (double)taps * 4000, a->shift);
    a->y = check_bytes_output(4 * (size_t)a->out_height * a->out_width);
    a->scratch =
        check_memory((size_t)nnz_depthwise_s8_scratch(check_isa(c), columns, a->kernel_h, a->kernel_w, a->dilation_h));
}

static int64_t sum_at(const nnz_depthwise_s8 *a, size_t oy, size_t ox, size_t c) {
    int64_t sum = a->bias[c];
    for (size_t ky = 0; ky < a->kernel_h; ky++)
        for (size_t kx = 0; kx < a->kernel_w; kx++) {
            const int64_t row = (int64_t)(oy * a->stride_h + ky * a->dilation_h) - a->pad_top;
            const int64_t column = (int64_t)(ox * a->stride_w + kx * a->dilation_w) - a->pad_left;
            const bool inside = row >= 0 && row < a->height && column >= 0 && column < a->width;
            const int8_t x = inside ? a->x[4 * ((size_t)row * a->ldx + (size_t)column) + c] : a->zero_x;
            sum += a->w[4 * (ky * a->kernel_w + kx) + c] * x;
        }
    return sum;
}

static void depthwise_round(check *c) {
    const uint32_t kernel = check_chance(60) ? check_random(1, 2) * 2 + 1 : 0;
    const uint32_t stride = check_random(1, 3), dilation = check_chance(70) ? 1 : check_random(1, 3);
    const bool large = check_chance(1); /* the largest window: sums reach 2^30 */
    const check_range range = check_range_random();
    nnz_depthwise_s8 a = {
        .kernel_h = large    ? 256
                    : kernel ? kernel
                             : check_random(1, 7),
        .kernel_w = large    ? 256
                    : kernel ? kernel
                             : check_random(1, 7),
        .stride_h = stride,
        .stride_w = check_chance(80) ? stride : check_random(1, 5),
        .dilation_h = large ? 1 : dilation,
        .dilation_w = large ? 1 : dilation,
        .out_height = large ? 1 : check_random(1, 12),
        .out_width = large ? 2 : check_random(1, 40),
        .shift = range.shift,
        .zero = range.zero,
        .lo = range.lo,
        .hi = range.hi,
    };
    allocate(c, &a, check_random(0, 20));
    ((nnz_depthwise_s8_fn)c->kernel)(&a);
    const size_t bytes = 4 * (size_t)a.out_height * a.out_width;
    check_bytes_guards(c, a.y, bytes);
    char what[100];
    snprintf(what, sizeof what, "kernel %u x %u, stride %u, dilation %u, width %u, shift %u", a.kernel_h, a.kernel_w,
             a.stride_w, a.dilation_w, a.out_width, a.shift);
    for (size_t i = 0; i < bytes && !c->failed; i++) {
        const int64_t sum = sum_at(&a, i / 4 / a.out_width, i / 4 % a.out_width, i % 4);
        check_byte(c, what, i, a.y[i], check_requantized(sum, a.multiplier[i % 4], &range));
    }
}

typedef struct depthwise_case {
    nnz_depthwise_s8_fn kernel;
    nnz_depthwise_s8 a;
} depthwise_case;

static void run_depthwise(void *context) {
    depthwise_case *k = context;
    k->kernel(&k->a);
}

static void bench_shape(check *c, const char *label, uint32_t size, uint32_t kernel, uint32_t stride) {
    depthwise_case k = {(nnz_depthwise_s8_fn)c->kernel,
                        {.kernel_h = kernel,
                         .kernel_w = kernel,
                         .stride_h = stride,
                         .stride_w = stride,
                         .dilation_h = 1,
                         .dilation_w = 1,
                         .out_height = size,
                         .out_width = size,
                         .lo = -128,
                         .hi = 127}};
    allocate(c, &k.a, 0);
    check_rate(c, label, run_depthwise, &k, 4.0 * size * size * kernel * kernel, "MAC");
}

static void depthwise_bench(check *c) {
    bench_shape(c, "3x3, 56", 56, 3, 1);
    bench_shape(c, "3x3, 14", 14, 3, 1);
    bench_shape(c, "3x3, stride 2, 56", 56, 3, 2);
    bench_shape(c, "5x5, 28", 28, 5, 1);
}

const check_test check_depthwise_s8 = {
    .family = NNZ_FAMILY_DEPTHWISE_S8, .rounds = 600, .round = depthwise_round, .bench = depthwise_bench};
