/* depthwise_f32 against its definition. */
#include "check.h"

#include <math.h>
#include <stdio.h>

/* Sets x, w, bias and y for the shape in `a`, with `gap` elements between planes. */
static void allocate(nnz_depthwise_f32 *a, size_t gap) {
    const size_t in = (size_t)a->height * a->width, out = (size_t)a->out_height * a->out_width;
    a->x_stride = in + gap;
    a->y_stride = out + gap;
    a->residual_stride = out;
    a->x = check_input((a->planes - 1) * a->x_stride + in);
    a->w = check_input((size_t)a->planes * a->kernel_h * a->kernel_w);
    a->bias = check_input(a->planes);
    a->y = check_output((a->planes - 1) * a->y_stride + out, check_random(0, 15));
}

/* Output i of a plane, before clipping. */
static double expected(const nnz_depthwise_f32 *a, size_t plane, size_t i) {
    const float *x = a->x + plane * a->x_stride, *w = a->w + plane * a->kernel_h * a->kernel_w;
    const size_t oy = i / a->out_width, ox = i % a->out_width;
    double sum = a->bias ? a->bias[plane] : 0;
    if (a->residual)
        sum += a->residual[plane * a->residual_stride + i];
    for (size_t ky = 0; ky < a->kernel_h; ky++)
        for (size_t kx = 0; kx < a->kernel_w; kx++) {
            const int64_t iy = (int64_t)(oy * a->stride_h + ky * a->dilation_h) - a->pad_top;
            const int64_t ix = (int64_t)(ox * a->stride_w + kx * a->dilation_w) - a->pad_left;
            if (iy >= 0 && iy < a->height && ix >= 0 && ix < a->width)
                sum += (double)w[ky * a->kernel_w + kx] * x[iy * a->width + ix];
        }
    return sum;
}

static void depthwise_round(check *c) {
    const uint32_t kernel = check_chance(60) ? check_random(1, 2) * 2 + 1 : 0;
    const uint32_t stride = check_random(1, 3), dilation = check_chance(70) ? 1 : check_random(1, 3);
    nnz_depthwise_f32 a = {
        .kernel_h = kernel ? kernel : check_random(1, 7),
        .kernel_w = kernel ? kernel : check_random(1, 7),
        .stride_h = stride,
        .stride_w = check_chance(80) ? stride : check_random(1, 3),
        .dilation_h = dilation,
        .dilation_w = dilation,
        .height = check_random(1, 24),
        .width = check_random(1, 90),
        .out_height = check_random(1, 12),
        .out_width = check_random(1, 70),
        .pad_top = check_random(0, 4),
        .pad_left = check_random(0, 4),
        .planes = check_random(1, 3),
    };
    if (check_chance(40)) { /* small planes whose outputs are as wide */
        a.stride_h = a.stride_w = 1;
        a.width = a.out_width = check_random(1, 34);
    }
    check_clip(&a.lo, &a.hi);
    allocate(&a, check_random(0, 20));
    const size_t outputs = (size_t)a.out_height * a.out_width;
    a.residual = check_chance(50) ? check_input(a.planes * outputs) : NULL;
    if (check_chance(20))
        a.bias = NULL;
    ((nnz_depthwise_f32_fn)c->kernel)(&a);
    check_guards(c, a.y);
    char what[100];
    snprintf(what, sizeof what, "kernel %u x %u, stride %u, dilation %u, width %u", a.kernel_h, a.kernel_w, a.stride_w,
             a.dilation_w, a.out_width);
    for (size_t plane = 0; plane < a.planes; plane++)
        for (size_t i = 0; i < outputs && !c->failed; i++)
            check_close(c, what, i, a.y[plane * a.y_stride + i], check_clipped(expected(&a, plane, i), a.lo, a.hi),
                        1e-5);
}

typedef struct depthwise_case {
    nnz_depthwise_f32_fn kernel;
    nnz_depthwise_f32 a;
} depthwise_case;

static void run_depthwise(void *context) {
    depthwise_case *k = context;
    k->kernel(&k->a);
}

static void bench_shape(check *c, const char *label, uint32_t height, uint32_t width, uint32_t kernel,
                        uint32_t stride) {
    depthwise_case k = {(nnz_depthwise_f32_fn)c->kernel,
                        {.planes = 8,
                         .kernel_h = kernel,
                         .kernel_w = kernel,
                         .stride_h = stride,
                         .stride_w = stride,
                         .dilation_h = 1,
                         .dilation_w = 1,
                         .height = height * stride,
                         .width = width * stride,
                         .out_height = height,
                         .out_width = width,
                         .pad_top = kernel / 2,
                         .pad_left = kernel / 2,
                         .hi = INFINITY}};
    allocate(&k.a, 0);
    check_rate(c, label, run_depthwise, &k, (double)k.a.planes * height * width * kernel * kernel, "MAC");
}

static void depthwise_bench(check *c) {
    bench_shape(c, "3x3, 56 x 56", 56, 56, 3, 1);
    bench_shape(c, "3x3, 14 x 14", 14, 14, 3, 1);
    bench_shape(c, "3x3, 25 x 5", 25, 5, 3, 1);
    bench_shape(c, "3x3, stride 2, 56 x 56", 56, 56, 3, 2);
    bench_shape(c, "5x5, 28 x 28", 28, 28, 5, 1);
    bench_shape(c, "5x5, 7 x 7", 7, 7, 5, 1);
}

const check_test check_depthwise = {
    .family = NNZ_FAMILY_DEPTHWISE_F32, .rounds = 600, .round = depthwise_round, .bench = depthwise_bench};
