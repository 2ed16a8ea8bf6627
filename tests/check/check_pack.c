/* pack_f32 against a convolution's geometry, walked tap by tap. */
#include "geometry.h"

#include <stdio.h>

static void use_tables(nnz_pack_f32 *a, check_tables t) {
    a->tap_offset = t.tap_offset;
    a->offset = t.offset;
    a->mask = t.mask;
    a->mask_stride = t.mask_stride;
    a->step = t.step;
}

static void pack_round(check *c) {
    const check_geometry g = check_geometry_random(NNZ_TILE_MAX);
    const uint32_t taps = g.kernel_h * g.kernel_w, all_rows = g.channels * taps;
    nnz_pack_f32 a = {.channel_stride = (size_t)g.height * g.width + check_random(0, 5), .taps = taps};
    a.pixels = g.pixels;
    a.first = check_random(0, all_rows - 1);
    a.rows = check_random(1, all_rows - a.first);
    use_tables(&a, check_tables_of(&g, check_random(0, 2)));
    const uint32_t width = (a.pixels + 15) / 16 * 16;
    a.ldy = width + 16 * check_random(0, 2);
    a.x = check_input((g.channels - 1) * a.channel_stride + (size_t)g.height * g.width);
    a.y = check_output((a.rows - 1) * (size_t)a.ldy + width, 0);
    ((nnz_pack_f32_fn)c->kernel)(&a);
    check_guards(c, a.y);
    char what[100];
    snprintf(what, sizeof what, "kernel %u x %u, stride %u, dilation %u, %u pixels from %u", g.kernel_h, g.kernel_w,
             g.stride_w, g.dilation_w, a.pixels, g.first_pixel);
    for (size_t i = 0; i < (a.rows - 1) * (size_t)a.ldy + width && !c->failed; i++) {
        const uint32_t k = a.first + (uint32_t)(i / a.ldy), p = (uint32_t)(i % a.ldy);
        int64_t row, column;
        if (p >= width) {
            if (!check_untouched(a.y[i]))
                check_fail(c, "%s: wrote behind a row, at element %zu", what, i);
            continue;
        }
        const bool inside = p < a.pixels && check_locate(&g, k % taps, p, &row, &column);
        check_close(c, what, i, a.y[i],
                    inside ? (double)a.x[k / taps * a.channel_stride + (size_t)(row * g.width + column)] : 0, 0);
    }
}

typedef struct pack_case {
    nnz_pack_f32_fn kernel;
    nnz_pack_f32 a;
} pack_case;

static void run_pack(void *context) {
    pack_case *k = context;
    k->kernel(&k->a);
}

static void bench_kernel(check *c, const char *label, uint32_t kernel, uint32_t stride) {
    const check_geometry g = {.channels = 32,
                              .height = 28,
                              .width = 28,
                              .kernel_h = kernel,
                              .kernel_w = kernel,
                              .stride_h = stride,
                              .stride_w = stride,
                              .dilation_h = 1,
                              .dilation_w = 1,
                              .pad_top = kernel / 2,
                              .pad_left = kernel / 2,
                              .out_height = 28 / stride,
                              .out_width = 28 / stride,
                              .pixels = 64};
    pack_case k = {
        (nnz_pack_f32_fn)c->kernel,
        {.channel_stride = 28 * 28, .taps = kernel * kernel, .rows = 32 * kernel * kernel, .pixels = 64, .ldy = 64}};
    use_tables(&k.a, check_tables_of(&g, 0));
    k.a.x = check_input(32 * 28 * 28);
    k.a.y = check_output((size_t)k.a.rows * 64, 0);
    check_rate(c, label, run_pack, &k, (double)k.a.rows * 64, "element");
}

static void pack_bench(check *c) {
    bench_kernel(c, "1x1", 1, 1);
    bench_kernel(c, "3x3", 3, 1);
    bench_kernel(c, "3x3, stride 2", 3, 2);
}

const check_test check_pack = {.family = NNZ_FAMILY_PACK_F32, .rounds = 600, .round = pack_round, .bench = pack_bench};
