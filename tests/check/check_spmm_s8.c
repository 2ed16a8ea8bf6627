/* pack_s8 and spmm_s8_*: a tile has a form of its own in each variant, so they are tested together: the pack kernel of
 * the same instruction set makes the tiles, and products with the identity show what one holds. */
#include "geometry.h"
#include "matrix_s8.h"
#include "quantized.h"

#include "op.h"
#include "requantize.h"

#include <math.h>
#include <stdio.h>

static void (*same_isa(const check *c, nnz_family family))(void) {
    const nnz_kernel *const *k = nnz_registry_all()->kernels;
    while ((*k)->family != family || (*k)->isa != check_isa(c))
        k++;
    return (*k)->function;
}

/* A tile of a convolution. */
typedef struct tile {
    check_geometry g;
    nnz_pack_s8 pack;
} tile;

static tile make_tile(const check *c, check_geometry g, bool planes4, int encoding) {
    const uint32_t taps = g.kernel_h * g.kernel_w, planes = planes4 ? (g.channels + 3) / 4 : g.channels;
    const size_t plane = (size_t)g.height * g.width * (planes4 ? 4 : 1),
                 stride = plane + check_random(0, 5) * (planes4 ? 4 : 1);
    const bool takes_units = NNZ_S8_TAKES_UNITS(check_isa(c));
    const check_tables t = check_tables_of(&g, check_random(0, 2));
    const uint32_t cols = planes * taps * (planes4 ? 4 : 1);
    nnz_pack_s8 pack = {
        .x = check_bytes((planes - 1) * stride + plane),
        .planes4 = planes4,
        .apart = takes_units && encoding == NNZ_U1,
        .channel_stride = stride,
        .ldy = takes_units ? NNZ_UNITS_TILE : (g.pixels + 15) / 16 * 16 + 16 * check_random(0, 2),
        .cols = cols,
        .units = (cols + 3) / 4,
        .first = g.first_pixel,
        .pixels = g.pixels,
        .zero = (int8_t)((int)check_random(0, 255) - 128),
        .height = g.height,
        .width = g.width,
        .out_width = g.out_width,
        .kernel_w = g.kernel_w,
        .stride_h = g.stride_h,
        .stride_w = g.stride_w,
        .dilation_h = g.dilation_h,
        .dilation_w = g.dilation_w,
        .pad_top = g.pad_top,
        .pad_left = g.pad_left,
        .taps = taps,
        .tap_offset = t.tap_offset,
        .offset = t.offset,
        .mask = t.mask,
        .mask_stride = t.mask_stride,
        .step = t.step,
    };
    pack.y = check_zeros((size_t)pack.units * pack.ldy * NNZ_S8_CELL);
    return (tile){g, pack};
}

/* Column k of a pixel, from the geometry. */
static int8_t element(const tile *t, uint32_t k, uint32_t pixel) {
    const nnz_pack_s8 *p = &t->pack;
    const uint32_t group = p->planes4 ? 4 : 1, tap = k / group % p->taps, plane = k / group / p->taps;
    int64_t row, column;
    if (!check_locate(&t->g, tap, pixel, &row, &column))
        return p->zero;
    return p->x[plane * p->channel_stride + (size_t)(row * t->g.width + column) * group + k % group];
}

/* Whether the kernel takes the blocks of a matrix either as they are stored or sorted. */
static bool sorts_blocks(const check *c, const check_matrix_s8 *m) {
    return NNZ_S8_SORTS_BLOCKS(check_isa(c)) && m->width == 4 && !m->dense;
}

/* y = W x over the tile. `offset` is what the variant adds to x. */
static nnz_spmm_s8 arguments(const check *c, const tile *t, const check_matrix_s8 *m, const int32_t *bias,
                             int32_t offset, const int32_t *multiplier, const check_range *range) {
    nnz_spmm_s8 a = {
        .x = t->pack.y,
        .ldx = t->pack.ldy,
        .ldy = 4 * t->pack.pixels + check_random(0, 9),
        .pixels = t->pack.pixels,
        .row_end = m->rows,
        .values = m->values,
        .index = m->index,
        .count = m->count,
        .cursor = check_zeros(m->kblocks * sizeof(uint32_t)),
        .groups = m->groups,
        .units = t->pack.units,
        .kblock = m->kblock,
        .kblocks = m->kblocks,
        .bias = check_matrix_s8_bias(m, bias, offset),
        .multiplier = multiplier,
        .shift = range->shift,
        .zero = range->zero,
        .lo = range->lo,
        .hi = range->hi,
    };
    a.y = check_bytes_output((size_t)((m->rows + 3) / 4 - 1) * a.ldy + 4 * a.pixels);
    if (NNZ_S8_TAKES_UNITS(check_isa(c)) || sorts_blocks(c, m))
        a.exact = check_matrix_s8_units(m, t->pack.units, check_isa(c), t->pack.apart);
    return a;
}

/* ---- pack_s8 ----------------------------------------------------------------------------------------------------- */

static void pack_round(check *c) {
    tile t = make_tile(c, check_geometry_random(nnz_tile_s8_max(check_isa(c))), check_chance(60), NNZ_U1);
    ((nnz_pack_s8_fn)c->kernel)(&t.pack);
    const check_range exact = {.shift = 2, .zero = 0, .lo = -128, .hi = 127}; /* R(acc, 2^30, 2) = acc */
    const uint32_t cols = t.pack.cols;
    check_matrix_s8 identity;
    check_matrix_s8_make(&identity, cols, cols, NNZ_U1, 0);
    for (uint32_t k = 0; k < cols; k++) {
        identity.plain[(size_t)k * cols + k] = identity.values[k] = 1;
        identity.index[k] = (uint8_t)(k % identity.kblock);
        identity.count[k / identity.kblock * cols + k] = 1;
    }
    for (uint32_t kb = 0; kb <= identity.kblocks; kb++)
        identity.start[kb] = kb * identity.kblock < cols ? kb * identity.kblock : cols;
    int32_t *zeros = check_zeros(cols * sizeof *zeros), *multiplier = check_zeros(cols * sizeof *multiplier);
    for (uint32_t k = 0; k < cols; k++)
        multiplier[k] = 1 << 30;
    nnz_spmm_s8 a = arguments(c, &t, &identity, zeros, NNZ_S8_OFFSET(check_isa(c)), multiplier, &exact);
    check_matrix_s8_cursors(&identity, 0, a.cursor);
    ((nnz_spmm_s8_fn)same_isa(c, NNZ_FAMILY_SPMM_S8_U1))(&a);
    char what[120];
    snprintf(what, sizeof what, "%s, kernel %u x %u, stride %u, dilation %u, %u pixels from %u",
             t.pack.planes4 ? "planes4" : "plain", t.g.kernel_h, t.g.kernel_w, t.g.stride_w, t.g.dilation_w, t.g.pixels,
             t.g.first_pixel);
    for (uint32_t k = 0; k < cols && !c->failed; k++)
        for (uint32_t p = 0; p < t.g.pixels; p++)
            check_byte(c, what, (size_t)k * t.g.pixels + p, a.y[k / 4 * a.ldy + 4 * p + k % 4], element(&t, k, p));
}

typedef struct pack_case {
    nnz_pack_s8_fn kernel;
    nnz_pack_s8 a;
} pack_case;

static void run_pack(void *context) {
    pack_case *k = context;
    k->kernel(&k->a);
}

static void bench_kernel(check *c, const char *label, uint32_t channels, uint32_t kernel, uint32_t stride) {
    const uint32_t size = channels > 3 ? 28 : 224;
    const check_geometry g = {.channels = channels,
                              .height = size,
                              .width = size,
                              .kernel_h = kernel,
                              .kernel_w = kernel,
                              .stride_h = stride,
                              .stride_w = stride,
                              .dilation_h = 1,
                              .dilation_w = 1,
                              .pad_top = kernel / 2,
                              .pad_left = kernel / 2,
                              .out_height = size / stride,
                              .out_width = size / stride,
                              .pixels = 64};
    pack_case k = {(nnz_pack_s8_fn)c->kernel, make_tile(c, g, channels > 3, NNZ_DENSE).pack};
    check_rate(c, label, run_pack, &k, (double)k.a.cols * 64, "element");
}

static void pack_bench(check *c) {
    bench_kernel(c, "1x1", 32, 1, 1);
    bench_kernel(c, "3x3", 32, 3, 1);
    bench_kernel(c, "3x3, stride 2", 32, 3, 2);
    bench_kernel(c, "3x3 of 3 channels, stride 2", 3, 3, 2);
}

const check_test check_pack_s8 = {
    .family = NNZ_FAMILY_PACK_S8, .rounds = 400, .round = pack_round, .bench = pack_bench};

/* ---- spmm_s8 ----------------------------------------------------------------------------------------------------- */

/* Fails where a byte of y is not what the product makes it; bytes of rows that do not exist are free. */
static void check_product(check *c, const tile *t, const check_matrix_s8 *m, const nnz_spmm_s8 *a, const int32_t *bias,
                          const check_range *range) {
    char what[100];
    snprintf(what, sizeof what, "%u x %u, %u pixels, rows %u to %u, shift %u", m->rows, m->cols, a->pixels,
             a->row_begin, a->row_end, a->shift);
    for (uint32_t r = 0; r < m->rows && !c->failed; r++)
        for (uint32_t p = 0; p < a->pixels; p++) {
            const size_t at = r / 4 * a->ldy + 4 * p + r % 4;
            if (r < a->row_begin || r >= a->row_end) {
                if ((uint8_t)a->y[at] != CHECK_UNTOUCHED)
                    check_fail(c, "%s: wrote row %u", what, r);
                continue;
            }
            int64_t sum = bias[r];
            for (uint32_t k = 0; k < m->cols; k++)
                sum += m->plain[(size_t)r * m->cols + k] * element(t, k, p);
            check_byte(c, what, at, a->y[at], check_requantized(sum, a->multiplier[r], range));
        }
}

/* Moves some sums, where a row has no weights, next to where their rounding changes. */
static void move_to_borders(uint32_t rows, const int32_t *multiplier, const check_range *range, int32_t *bias) {
    for (uint32_t r = 0; r < rows; r++) {
        const double factor = range->shift == NNZ_SHIFT_FACTOR ? (double)nnz_factor(multiplier[r])
                                                               : ldexp((double)multiplier[r], (int)range->shift - 32);
        const double unit = 1 / factor;
        const double border = ((double)check_random(0, 255) - 128 - range->zero + .5) * unit;
        if (check_chance(50) && border > -1e9 && border < 1e9)
            bias[r] = (int32_t)border + (int32_t)check_random(0, 2) - 1;
    }
}

static void spmm_round(check *c) {
    const int encoding = c->form;
    check_geometry g = check_geometry_random(nnz_tile_s8_max(check_isa(c)));
    if (check_chance(10)) { /* several K-blocks */
        g.channels = check_random(30, 120);
        g.pixels = g.pixels < 20 ? g.pixels : 20;
    }
    const tile t = make_tile(c, g, check_chance(70), encoding);
    ((nnz_pack_s8_fn)same_isa(c, NNZ_FAMILY_PACK_S8))(&t.pack);
    const uint32_t rows = check_random(1, check_chance(10) ? 300 : 40); /* several groups of nnz_s8_units */
    check_matrix_s8 m;
    check_matrix_s8_make(&m, rows, t.pack.cols, encoding, check_percent());
    const check_range range = check_range_of_product();
    int32_t *bias = check_words(rows, 1 << 20, true),
            *multiplier = check_multipliers(rows, 5000.0 * m.cols, range.shift);
    move_to_borders(rows, multiplier, &range, bias);
    nnz_spmm_s8 a = arguments(c, &t, &m, bias, NNZ_S8_OFFSET(check_isa(c)), multiplier, &range);
    if (sorts_blocks(c, &m) && check_chance(50))
        a.exact = (nnz_s8_units){0};
    if (check_chance(40)) {
        a.row_begin = check_random(0, (rows - 1) / 8) * 8;
        a.row_end = check_chance(50) || a.row_begin + 8 > rows ? rows : a.row_begin + 8;
    }
    check_matrix_s8_cursors(&m, a.row_begin, a.cursor);
    ((nnz_spmm_s8_fn)c->kernel)(&a);
    check_bytes_guards(c, a.y, (size_t)((rows + 3) / 4 - 1) * a.ldy + 4 * a.pixels);
    uint32_t *want = check_zeros(m.kblocks * sizeof *want);
    check_matrix_s8_cursors(&m, a.row_end, want);
    for (uint32_t kb = 0; kb < m.kblocks && !m.dense && !a.exact.rows; kb++)
        if (a.cursor[kb] != want[kb])
            check_fail(c, "the cursor of K-block %u is %u after row %u, not %u", kb, a.cursor[kb], a.row_end, want[kb]);
    if (!c->failed)
        check_product(c, &t, &m, &a, bias, &range);
}

typedef struct spmm_case {
    nnz_spmm_s8_fn kernel;
    check_matrix_s8 m;
    nnz_spmm_s8 a;
} spmm_case;

static void run_spmm(void *context) {
    const spmm_case *k = context;
    check_matrix_s8_cursors(&k->m, 0, k->a.cursor);
    k->kernel(&k->a);
}

static void spmm_bench_case(check *c, int encoding, uint32_t cols, uint32_t pixels) {
    const check_range range = {.lo = -128, .hi = 127};
    spmm_case k = {.kernel = (nnz_spmm_s8_fn)c->kernel};
    check_matrix_s8_make(&k.m, 256, cols, encoding, 10);
    const check_geometry g = {.channels = cols,
                              .height = 1,
                              .width = pixels,
                              .kernel_h = 1,
                              .kernel_w = 1,
                              .stride_h = 1,
                              .stride_w = 1,
                              .dilation_h = 1,
                              .dilation_w = 1,
                              .out_height = 1,
                              .out_width = pixels,
                              .pixels = pixels};
    const tile t = make_tile(c, g, true, encoding);
    ((nnz_pack_s8_fn)same_isa(c, NNZ_FAMILY_PACK_S8))(&t.pack);
    k.a = arguments(c, &t, &k.m, check_words(256, 1 << 20, true), 0, check_multipliers(256, 1e6, 0), &range);
    char label[64];
    snprintf(label, sizeof label, "256 x %u, %s, %u pixels", cols, k.m.dense ? "dense" : "90 %", pixels);
    check_rate(c, label, run_spmm, &k, (double)k.m.blocks * k.m.height * k.m.width * pixels, "MAC");
    check_free_all();
}

static void spmm_bench(check *c) {
    static const uint32_t widths[] = {16, 48, 64, 96};
    const uint32_t most = nnz_tile_s8_max(check_isa(c)), wide = most < 96 ? most : 96;
    for (size_t i = 0; i < sizeof widths / sizeof *widths && widths[i] <= most; i++)
        spmm_bench_case(c, c->form, 1152, widths[i]);
    spmm_bench_case(c, c->form, 256, wide);
    spmm_bench_case(c, c->form, 64, wide);
}

const check_test check_spmm_s8_dense = {NNZ_FAMILY_SPMM_S8_DENSE, 300, spmm_round, spmm_bench, NNZ_DENSE};
const check_test check_spmm_s8_u1 = {NNZ_FAMILY_SPMM_S8_U1, 300, spmm_round, spmm_bench, NNZ_U1};
const check_test check_spmm_s8_q1x4 = {NNZ_FAMILY_SPMM_S8_Q1X4, 300, spmm_round, spmm_bench, NNZ_Q1X4};
