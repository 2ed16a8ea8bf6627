/*
 * winograd_input_f32 and winograd_output_f32 in double precision. The matrices follow from the points: a row of A^T
 * holds a power of each, and a column of B the polynomial that is not 0 at one point alone.
 */
#include "check.h"

#include <math.h>
#include <stdio.h>

enum { POINTS = NNZ_WINOGRAD_POINTS, SQUARE = POINTS * POINTS };

static const double point[] = {0, NNZ_WINOGRAD_A, -NNZ_WINOGRAD_A, NNZ_WINOGRAD_B, -NNZ_WINOGRAD_B};

/* Coefficient k of the product of (x - p) over all points p but point i; for i at infinity, over all of them. */
static double input_weight(uint32_t k, uint32_t i) {
    double polynomial[POINTS + 1] = {1};
    for (uint32_t j = 0; j + 1 < POINTS; j++)
        for (uint32_t n = POINTS; n-- > 0 && j != i;)
            polynomial[n] = (n ? polynomial[n - 1] : 0) - point[j] * polynomial[n];
    return polynomial[k];
}

static double output_weight(uint32_t k, uint32_t i, uint32_t m) {
    return k + 1 < POINTS ? pow(point[k], i) : i + 1 == m;
}

/* ---- Inputs ------------------------------------------------------------------------------------------------------ */

static nnz_winograd_input_f32 input_case(uint32_t height, uint32_t width, uint32_t stride, uint32_t m, uint32_t rows,
                                         uint32_t tiles, size_t more) {
    nnz_winograd_input_f32 a = {
        .x = check_input((size_t)height * width),
        .height = height,
        .width = width,
        .stride = stride,
        .m = m,
        .tile_rows = rows,
        .tiles = tiles,
        .ldv = (size_t)rows * tiles + more,
        .lines = check_output(nnz_winograd_lines(stride, m, rows, tiles), 0),
    };
    a.ldpoint = stride * stride * a.ldv + more;
    a.v = check_output((SQUARE - 1) * a.ldpoint + stride * stride * a.ldv, check_random(0, 15));
    return a;
}

static float pixel(const nnz_winograd_input_f32 *a, int64_t y, int64_t x) {
    return y >= 0 && y < a->height && x >= 0 && x < a->width ? a->x[y * a->width + x] : 0;
}

static void check_input_tile(check *c, const nnz_winograd_input_f32 *a, uint32_t phase, uint32_t tile) {
    const int64_t step = (int64_t)a->stride * a->m;
    const int64_t top = (int64_t)a->top + phase / a->stride + step * (tile / a->tiles);
    const int64_t left = (int64_t)a->left + phase % a->stride + step * (tile % a->tiles);
    char what[120];
    snprintf(what, sizeof what, "%u x %u, stride %u, m %u, %u x %u tiles from %d, %d", a->height, a->width, a->stride,
             a->m, a->tile_rows, a->tiles, a->top, a->left);
    for (uint32_t i = 0; i < POINTS; i++)
        for (uint32_t j = 0; j < POINTS; j++) {
            double want = 0, magnitude = 0;
            for (uint32_t k = 0; k < POINTS; k++)
                for (uint32_t l = 0; l < POINTS; l++) {
                    const float d = check_flushed(c, pixel(a, top + a->stride * k, left + a->stride * l));
                    const double term = input_weight(k, i) * input_weight(l, j) * d;
                    want += term;
                    magnitude += fabs(term);
                }
            const size_t at = (POINTS * i + j) * a->ldpoint + phase * a->ldv + tile;
            check_close(c, what, at, a->v[at], want, 1e-6 * magnitude + 1e-30);
        }
}

static void input_round(check *c) {
    const uint32_t stride = check_random(1, 2), m = check_random(3, 4), tiles = check_random(1, 40);
    nnz_winograd_input_f32 a =
        input_case(check_random(1, 40), check_random(1, 200), stride, m, check_random(1, 4), tiles, check_random(0, 3));
    a.top = (int32_t)check_random(0, 20) - 10;
    a.left = (int32_t)check_random(0, 20) - 10;
    ((nnz_winograd_input_f32_fn)c->kernel)(&a);
    check_guards(c, a.v);
    check_guards(c, a.lines);
    for (uint32_t phase = 0; phase < stride * stride; phase++)
        for (uint32_t tile = 0; tile < a.tile_rows * tiles && !c->failed; tile++)
            check_input_tile(c, &a, phase, tile);
    for (size_t i = 0; i < SQUARE; i++) /* behind the tiles of a column */
        for (size_t k = (size_t)a.tile_rows * tiles; k < a.ldv && !c->failed; k++)
            if (i * a.ldpoint + k < (SQUARE - 1) * a.ldpoint && !check_untouched(a.v[i * a.ldpoint + k]))
                check_fail(c, "wrote behind the tiles of point %zu", i);
}

typedef struct input_bench_case {
    nnz_winograd_input_f32_fn kernel;
    nnz_winograd_input_f32 a;
} input_bench_case;

static void run_input(void *context) {
    input_bench_case *k = context;
    k->kernel(&k->a);
}

static void input_bench(check *c) {
    input_bench_case k = {(nnz_winograd_input_f32_fn)c->kernel, input_case(224, 224, 2, 3, 4, 38, 8)};
    check_rate(c, "224 x 224, stride 2, 4 x 38 tiles of 3 x 3", run_input, &k, 4 * 38 * 9, "output");
    k.a = input_case(56, 56, 1, 4, 4, 14, 8);
    check_rate(c, "56 x 56, 4 x 14 tiles of 4 x 4", run_input, &k, 4 * 14 * 16, "output");
}

/* ---- Outputs ----------------------------------------------------------------------------------------------------- */

static nnz_winograd_output_f32 output_case(uint32_t m, uint32_t rows, uint32_t height, uint32_t width) {
    nnz_winograd_output_f32 a = {
        .height = height,
        .width = width,
        .m = m,
        .rows = rows,
        .tile_rows = (height + m - 1) / m,
        .tiles = (width + m - 1) / m,
        .ldy = (size_t)height * width + check_random(0, 3),
        .ldr = (size_t)height * width + check_random(0, 3),
    };
    a.ldproducts = (size_t)a.tile_rows * a.tiles + check_random(0, 3);
    a.ldpoint = rows * a.ldproducts;
    a.products = check_input_slack(SQUARE * a.ldpoint, 16);
    a.y = check_output((rows - 1) * a.ldy + (size_t)height * width, check_random(0, 15));
    return a;
}

static void check_output_at(check *c, const nnz_winograd_output_f32 *a, const float *residual, uint32_t r, uint32_t y,
                            uint32_t x) {
    const float *p = a->products + r * a->ldproducts + (size_t)(y / a->m) * a->tiles + x / a->m;
    const size_t at = (size_t)y * a->width + x;
    double want = (a->bias ? a->bias[r] : 0) + (residual ? residual[r * a->ldr + at] : 0), magnitude = fabs(want);
    for (uint32_t k = 0; k < POINTS; k++)
        for (uint32_t l = 0; l < POINTS; l++) {
            const double term = output_weight(k, y % a->m, a->m) * output_weight(l, x % a->m, a->m) *
                                check_flushed(c, p[(POINTS * k + l) * a->ldpoint]);
            want += term;
            magnitude += fabs(term);
        }
    char what[100];
    snprintf(what, sizeof what, "row %u of %u, m %u, %u x %u", r, a->rows, a->m, a->height, a->width);
    check_close(c, what, at, a->y[r * a->ldy + at], check_clipped(want, a->lo, a->hi), 1e-6 * magnitude + 1e-30);
}

static void output_round(check *c) {
    nnz_winograd_output_f32 a =
        output_case(check_random(3, 4), check_random(1, 5), check_random(1, 12), check_random(1, 150));
    const size_t pixels = (size_t)a.height * a.width;
    float *residual = NULL;
    if (check_chance(50))
        a.bias = check_input(a.rows);
    if (check_chance(50))
        a.residual = residual = check_input((a.rows - 1) * a.ldr + pixels);
    if (residual && check_chance(50)) { /* in place */
        a.ldr = a.ldy;
        residual = check_input((a.rows - 1) * a.ldr + pixels);
        for (uint32_t r = 0; r < a.rows; r++)
            for (size_t i = 0; i < pixels; i++)
                a.y[r * a.ldy + i] = residual[r * a.ldr + i];
        a.residual = a.y;
    }
    check_clip(&a.lo, &a.hi);
    ((nnz_winograd_output_f32_fn)c->kernel)(&a);
    check_guards(c, a.y);
    for (uint32_t r = 0; r < a.rows; r++) {
        for (uint32_t i = 0; i < pixels && !c->failed; i++)
            check_output_at(c, &a, residual, r, i / a.width, i % a.width);
        for (size_t i = pixels; r + 1 < a.rows && i < a.ldy && !c->failed; i++)
            if (!check_untouched(a.y[r * a.ldy + i]))
                check_fail(c, "wrote behind row %u of the weights", r);
    }
}

typedef struct output_bench_case {
    nnz_winograd_output_f32_fn kernel;
    nnz_winograd_output_f32 a;
} output_bench_case;

static void run_output(void *context) {
    output_bench_case *k = context;
    k->kernel(&k->a);
}

static void output_bench(check *c) {
    output_bench_case k = {(nnz_winograd_output_f32_fn)c->kernel, output_case(3, 16, 12, 112)};
    check_rate(c, "16 rows, 12 x 112, m 3", run_output, &k, 16 * 12 * 112, "output");
    k.a = output_case(4, 16, 16, 56);
    check_rate(c, "16 rows, 16 x 56, m 4", run_output, &k, 16 * 16 * 56, "output");
}

const check_test check_winograd_input = {
    .family = NNZ_FAMILY_WINOGRAD_INPUT_F32, .rounds = 100, .round = input_round, .bench = input_bench};
const check_test check_winograd_output = {
    .family = NNZ_FAMILY_WINOGRAD_OUTPUT_F32, .rounds = 300, .round = output_round, .bench = output_bench};
