/* pool_f32 against windows walked tap by tap. */
#include "geometry.h"

#include <math.h>
#include <stdio.h>

static double pool_definition(const nnz_pool_f32 *a, uint32_t oy, uint32_t ox) {
    double max = -INFINITY, sum = 0;
    int inside = 0, padded = 0;
    for (uint32_t ky = 0; ky < a->kernel_h; ky++)
        for (uint32_t kx = 0; kx < a->kernel_w; kx++) {
            const int64_t y = (int64_t)oy * a->stride_h + ky * a->dilation_h - a->pad_top;
            const int64_t x = (int64_t)ox * a->stride_w + kx * a->dilation_w - a->pad_left;
            padded += y < (int64_t)a->height + a->pad_bottom && x < (int64_t)a->width + a->pad_right;
            if (y < 0 || y >= a->height || x < 0 || x >= a->width)
                continue;
            const double v = a->x[y * a->width + x];
            inside++;
            sum += v;
            max = v > max ? v : max;
        }
    return a->function == NNZ_POOL_MAX ? max : sum / (a->function == NNZ_POOL_AVERAGE ? inside : padded);
}

static void pool_round(check *c) {
    enum { SIDE = 60, WIDE = 3000 }; /* some rows take kernels several walks */
    const uint32_t width = check_chance(5) ? WIDE : SIDE;
    nnz_pool_f32 a = {.function = (int)check_random(NNZ_POOL_MAX, NNZ_POOL_AVERAGE_PADDED)};
    while (!check_pool_axis(SIDE, &a.height, &a.out_height, &a.kernel_h, &a.stride_h, &a.dilation_h, &a.pad_top,
                            &a.pad_bottom))
        ;
    while (!check_pool_axis(width, &a.width, &a.out_width, &a.kernel_w, &a.stride_w, &a.dilation_w, &a.pad_left,
                            &a.pad_right))
        ;
    const size_t outputs = (size_t)a.out_height * a.out_width;
    a.x = check_input((size_t)a.height * a.width);
    a.y = check_output(outputs, check_random(0, 15));
    ((nnz_pool_f32_fn)c->kernel)(&a);
    check_guards(c, a.y);
    char what[100];
    snprintf(what, sizeof what, "function %d, width %u, kernel %u x %u, stride %u, dilation %u, pad %u", a.function,
             a.width, a.kernel_h, a.kernel_w, a.stride_w, a.dilation_w, a.pad_left);
    for (size_t i = 0; i < outputs && !c->failed; i++) {
        const double want = pool_definition(&a, (uint32_t)(i / a.out_width), (uint32_t)(i % a.out_width));
        check_close(c, what, i, a.y[i], want, a.function == NNZ_POOL_MAX ? 0 : 2e-6);
    }
}

typedef struct pool_case {
    nnz_pool_f32_fn kernel;
    nnz_pool_f32 a;
} pool_case;

static void run_pool(void *context) {
    pool_case *k = context;
    k->kernel(&k->a);
}

static void pool_bench(check *c) {
    pool_case k = {(nnz_pool_f32_fn)c->kernel, {.function = NNZ_POOL_MAX, .dilation_h = 1, .dilation_w = 1}};
    nnz_pool_f32 *a = &k.a;
    a->height = a->width = 112;
    a->out_height = a->out_width = 56;
    a->kernel_h = a->kernel_w = 3;
    a->stride_h = a->stride_w = 2;
    a->pad_top = a->pad_left = 1;
    a->x = check_input(112 * 112);
    a->y = check_output(56 * 56, 0);
    check_rate(c, "max 3x3, stride 2, 112", run_pool, &k, 56 * 56, "output");
    a->function = NNZ_POOL_AVERAGE;
    a->stride_h = a->stride_w = 1;
    a->height = a->width = 56;
    a->pad_bottom = a->pad_right = 1;
    check_rate(c, "average 3x3, stride 1, 56", run_pool, &k, 56 * 56, "output");
}

const check_test check_pool = {.family = NNZ_FAMILY_POOL_F32, .rounds = 600, .round = pool_round, .bench = pool_bench};
