/* pack_f32 against a convolution's geometry, walked tap by tap. */
#include "check.h"

#include <stdio.h>

typedef struct geometry {
    uint32_t channels, height, width, kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    uint32_t out_height, out_width, first_pixel;
} geometry;

/* Where a tap of an output pixel lies; false where that is padding. */
static bool locate(const geometry *g, uint32_t tap, uint32_t pixel, int64_t *row, int64_t *column) {
    *row = (int64_t)(pixel / g->out_width) * g->stride_h + tap / g->kernel_w * g->dilation_h - g->pad_top;
    *column = (int64_t)(pixel % g->out_width) * g->stride_w + tap % g->kernel_w * g->dilation_w - g->pad_left;
    return *row >= 0 && *row < g->height && *column >= 0 && *column < g->width;
}

/* The tables of a tile of pixels, as conv makes them. */
static void make_tables(const geometry *g, nnz_pack_f32 *a, uint32_t mask_margin) {
    const uint32_t vectors = (a->pixels + 15) / 16;
    a->mask_stride = vectors + mask_margin;
    int32_t *tap_offset = check_zeros(a->taps * sizeof *tap_offset);
    int32_t *offset = check_zeros(vectors * 16 * sizeof *offset);
    uint16_t *mask = check_zeros(a->taps * a->mask_stride * sizeof *mask);
    uint8_t *step = check_zeros(vectors);
    for (uint32_t t = 0; t < a->taps; t++)
        tap_offset[t] = (int32_t)(t / g->kernel_w * g->dilation_h * g->width + t % g->kernel_w * g->dilation_w);
    for (uint32_t p = 0; p < a->pixels; p++) {
        int64_t row, column;
        locate(g, 0, g->first_pixel + p, &row, &column);
        offset[p] = (int32_t)(row * g->width + column);
        const int32_t *first = offset + (p & ~15u);
        if (p % 16 < 2)
            step[p / 16] = p % 16 == 0 || offset[p] == first[0] + 1 ? 1 : offset[p] == first[0] + 2 ? 2 : 0;
        else if (offset[p] != first[0] + (int32_t)(p % 16) * step[p / 16])
            step[p / 16] = 0;
        for (uint32_t t = 0; t < a->taps; t++)
            if (locate(g, t, g->first_pixel + p, &row, &column))
                mask[t * a->mask_stride + p / 16] |= (uint16_t)(1u << p % 16);
    }
    a->tap_offset = tap_offset;
    a->offset = offset;
    a->mask = mask;
    a->step = step;
}

static void pack_round(check *c) {
    const bool plain = check_chance(30); /* 1x1: everything side by side and inside */
    geometry g = {
        .channels = check_random(1, 5),
        .height = check_random(1, 20),
        .width = check_random(1, 40),
        .kernel_h = plain ? 1 : check_random(1, 5),
        .kernel_w = plain ? 1 : check_random(1, 5),
        .stride_h = plain ? 1 : check_random(1, 3),
        .stride_w = plain ? 1 : check_random(1, 3),
        .dilation_h = check_random(1, 3),
        .dilation_w = check_random(1, 3),
        .pad_top = plain ? 0 : check_random(0, 4),
        .pad_left = plain ? 0 : check_random(0, 4),
    };
    g.out_height = plain ? g.height : check_random(1, 12);
    g.out_width = plain ? g.width : check_random(1, 40);
    const uint32_t pixels = g.out_height * g.out_width, taps = g.kernel_h * g.kernel_w, all_rows = g.channels * taps;
    nnz_pack_f32 a = {.channel_stride = (size_t)g.height * g.width + check_random(0, 5), .taps = taps};
    g.first_pixel = check_random(0, pixels - 1);
    a.pixels = check_random(1, pixels - g.first_pixel < NNZ_TILE_MAX ? pixels - g.first_pixel : NNZ_TILE_MAX);
    a.first = check_random(0, all_rows - 1);
    a.rows = check_random(1, all_rows - a.first);
    make_tables(&g, &a, check_random(0, 2));
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
        const bool inside = p < a.pixels && locate(&g, k % taps, g.first_pixel + p, &row, &column);
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
    const geometry g = {.channels = 32,
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
                        .out_width = 28 / stride};
    pack_case k = {
        (nnz_pack_f32_fn)c->kernel,
        {.channel_stride = 28 * 28, .taps = kernel * kernel, .rows = 32 * kernel * kernel, .pixels = 64, .ldy = 64}};
    make_tables(&g, &k.a, 0);
    k.a.x = check_input(32 * 28 * 28);
    k.a.y = check_output((size_t)k.a.rows * 64, 0);
    check_rate(c, label, run_pack, &k, (double)k.a.rows * 64, "element");
}

static void pack_bench(check *c) {
    bench_kernel(c, "1x1", 1, 1);
    bench_kernel(c, "3x3", 3, 1);
    bench_kernel(c, "3x3, stride 2", 3, 2);
}

const check_test check_pack = {NNZ_FAMILY_PACK_F32, 600, pack_round, pack_bench};
