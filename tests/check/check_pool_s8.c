/* pool_s8 and average_s8 against windows walked tap by tap. */
#include "geometry.h"
#include "quantized.h"

#include <math.h>
#include <stdio.h>

static int8_t pool_definition(const nnz_pool_s8 *a, const check_range *range, uint32_t oy, uint32_t ox, uint32_t c) {
    int64_t max = -128, sum = 0;
    float real = 0;
    uint32_t inside = 0, padded = 0;
    for (uint32_t ky = 0; ky < a->kernel_h; ky++)
        for (uint32_t kx = 0; kx < a->kernel_w; kx++) {
            const int64_t y = (int64_t)oy * a->stride_h + ky * a->dilation_h - a->pad_top;
            const int64_t x = (int64_t)ox * a->stride_w + kx * a->dilation_w - a->pad_left;
            padded += y < (int64_t)a->height + a->pad_bottom && x < (int64_t)a->width + a->pad_right;
            if (y < 0 || y >= a->height || x < 0 || x >= a->width)
                continue;
            const int8_t v = a->x[4 * (y * a->width + x) + c];
            inside++;
            sum += v - a->zero_x;
            real += a->scale_x * (float)(v - a->zero_x);
            max = v > max ? v : max;
        }
    if (a->function == NNZ_POOL_MAX)
        return (int8_t)(max < a->lo ? a->lo : max > a->hi ? a->hi : max);
    const uint32_t count = a->function == NNZ_POOL_AVERAGE ? inside : padded;
    if (a->multiplier)
        return check_requantized(sum, a->multiplier[count], range);
    const float mean = real / (float)count;
    return (int8_t)fmin(fmax(rint(mean / a->scale) + a->zero, a->lo), a->hi);
}

/* One round of pool_s8, or of averages in float32. */
static void windows_round(check *c, bool real) {
    enum { SIDE = 60 };
    const check_range range = check_range_random();
    nnz_pool_s8 a = {
        .function = (int)check_random(real ? NNZ_POOL_AVERAGE : NNZ_POOL_MAX, NNZ_POOL_AVERAGE_PADDED),
        .zero_x = (int32_t)check_random(0, 255) - 128,
        .shift = range.shift,
        .zero = range.zero,
        .lo = range.lo,
        .hi = range.hi,
    };
    while (!check_pool_axis(SIDE, &a.height, &a.out_height, &a.kernel_h, &a.stride_h, &a.dilation_h, &a.pad_top,
                            &a.pad_bottom))
        ;
    while (!check_pool_axis(SIDE, &a.width, &a.out_width, &a.kernel_w, &a.stride_w, &a.dilation_w, &a.pad_left,
                            &a.pad_right))
        ;
    if (check_chance(20)) { /* the whole plane */
        a.kernel_h = a.height;
        a.kernel_w = a.width;
        a.dilation_h = a.dilation_w = a.out_height = a.out_width = 1;
        a.pad_top = a.pad_bottom = a.pad_left = a.pad_right = 0;
    }
    const size_t taps = (size_t)a.kernel_h * a.kernel_w, bytes = 4 * (size_t)a.out_height * a.out_width;
    if (real) {
        a.scale_x = check_uniform(1e-3f, 1);
        a.scale = check_chance(50) ? a.scale_x : check_uniform(1e-3f, 1); /* one scale: means between two integers */
    } else {
        a.multiplier = check_multipliers(taps + 1, 100.0 * (double)taps, range.shift);
    }
    a.x = check_bytes(4 * (size_t)a.height * a.width);
    a.y = check_bytes_output(bytes);
    ((nnz_pool_s8_fn)c->kernel)(&a);
    check_bytes_guards(c, a.y, bytes);
    char what[100];
    snprintf(what, sizeof what, "function %d, width %u, kernel %u x %u, stride %u, dilation %u, pad %u", a.function,
             a.width, a.kernel_h, a.kernel_w, a.stride_w, a.dilation_w, a.pad_left);
    for (size_t i = 0; i < bytes && !c->failed; i++) {
        const uint32_t pixel = (uint32_t)(i / 4);
        check_byte(c, what, i, a.y[i],
                   pool_definition(&a, &range, pixel / a.out_width, pixel % a.out_width, (uint32_t)(i % 4)));
    }
}

static void pool_round(check *c) {
    windows_round(c, false);
}

static void average_round(check *c) {
    windows_round(c, true);
}

typedef struct pool_case {
    nnz_pool_s8_fn kernel;
    nnz_pool_s8 a;
} pool_case;

static void run_pool(void *context) {
    pool_case *k = context;
    k->kernel(&k->a);
}

static void pool_bench(check *c) {
    pool_case k = {(nnz_pool_s8_fn)c->kernel,
                   {.function = NNZ_POOL_MAX, .dilation_h = 1, .dilation_w = 1, .lo = -128, .hi = 127}};
    nnz_pool_s8 *a = &k.a;
    a->height = a->width = 112;
    a->out_height = a->out_width = 56;
    a->kernel_h = a->kernel_w = 3;
    a->stride_h = a->stride_w = 2;
    a->pad_top = a->pad_left = 1;
    a->x = check_bytes(4 * 112 * 112);
    a->y = check_bytes_output(4 * 56 * 56);
    a->multiplier = check_multipliers(50, 900, 0);
    check_rate(c, "max 3x3, stride 2, 112", run_pool, &k, 4 * 56 * 56, "output");
    a->function = NNZ_POOL_AVERAGE;
    a->stride_h = a->stride_w = 1;
    a->height = a->width = 56;
    a->pad_bottom = a->pad_right = 1;
    check_rate(c, "average 3x3, stride 1, 56", run_pool, &k, 4 * 56 * 56, "output");
    a->height = a->width = a->kernel_h = a->kernel_w = 7;
    a->out_height = a->out_width = 1;
    a->pad_top = a->pad_left = a->pad_bottom = a->pad_right = 0;
    check_rate(c, "average of 7x7", run_pool, &k, 4 * 49, "input");
}

static void average_bench(check *c) {
    pool_case k = {(nnz_pool_s8_fn)c->kernel,
                   {.function = NNZ_POOL_AVERAGE, .dilation_h = 1, .dilation_w = 1, .lo = -128, .hi = 127}};
    nnz_pool_s8 *a = &k.a;
    a->height = a->width = a->kernel_h = a->kernel_w = 8;
    a->out_height = a->out_width = 1;
    a->stride_h = a->stride_w = 8;
    a->scale_x = a->scale = 0.127f;
    a->x = check_bytes(4 * 64);
    a->y = check_bytes_output(4);
    check_rate(c, "average of 8x8", run_pool, &k, 4 * 64, "input");
}

const check_test check_pool_s8 = {
    .family = NNZ_FAMILY_POOL_S8, .rounds = 600, .round = pool_round, .bench = pool_bench};
const check_test check_average_s8 = {
    .family = NNZ_FAMILY_AVERAGE_S8, .rounds = 600, .round = average_round, .bench = average_bench};
