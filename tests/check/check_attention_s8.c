/* matmul_s8 and softmax_s8 against their definitions. */
#include "quantized.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- matmul_s8 --------------------------------------------------------------------------------------------------- */

/* Bytes of planes of four of `four` that are `ld` bytes apart, each of `n` words. */
static size_t planes_bytes(uint32_t four, size_t ld, uint32_t n) {
    return ((four + 3) / 4 - 1) * ld + 4 * (size_t)n;
}

static nnz_matmul_s8 product(uint32_t rows, uint32_t depth, uint32_t pixels, bool transposed,
                             const check_range *range) {
    const size_t lda = 4 * (size_t)((transposed ? rows : depth) + check_random(0, 5));
    const size_t ldb = 4 * (size_t)(pixels + check_random(0, 5)), ldy = 4 * (size_t)(pixels + check_random(0, 5));
    return (nnz_matmul_s8){
        .a = check_bytes(transposed ? planes_bytes(depth, lda, rows) : planes_bytes(rows, lda, depth)),
        .b = check_bytes(planes_bytes(depth, ldb, pixels)),
        .y = check_bytes_output(planes_bytes(rows, ldy, pixels)),
        .lda = lda,
        .ldb = ldb,
        .ldy = ldy,
        .transposed = transposed,
        .rows = rows,
        .depth = depth,
        .pixels = pixels,
        .zero_a = check_chance(30) ? 0 : (int32_t)check_random(0, 255) - 128,
        .zero_b = (int32_t)check_random(0, 255) - 128,
        .multiplier = *check_multipliers(1, 10000.0 * depth, range->shift),
        .shift = range->shift,
        .zero = range->zero,
        .lo = range->lo,
        .hi = range->hi,
        .scratch = check_zeros(nnz_matmul_s8_scratch(rows, depth)),
    };
}

static int8_t element(const int8_t *x, size_t ld, uint32_t of_four, uint32_t i) {
    return x[of_four / 4 * ld + 4 * (size_t)i + of_four % 4];
}

static void matmul_round(check *c) {
    const check_range range = check_range_of_product();
    const bool deep = check_chance(1);
    const uint32_t rows = check_random(1, deep ? 3 : check_chance(90) ? 40 : NNZ_MATMUL_ROWS);
    const uint32_t depth = deep ? 32768 : check_random(1, 70);
    const nnz_matmul_s8 a = product(rows, depth, check_random(1, deep ? 3 : 140), check_chance(50), &range);
    ((nnz_matmul_s8_fn)c->kernel)(&a);
    check_bytes_guards(c, a.y, planes_bytes(rows, a.ldy, a.pixels));
    char what[100];
    snprintf(what, sizeof what, "%u x %u by %u%s, zero points %d and %d", rows, depth, a.pixels,
             a.transposed ? ", transposed" : "", a.zero_a, a.zero_b);
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t p = 0; p < a.ldy / 4 && !c->failed; p++) {
            const size_t at = r / 4 * a.ldy + 4 * (size_t)p + r % 4;
            if (p >= a.pixels) {
                if (r / 4 < (rows - 1) / 4 && (uint8_t)a.y[at] != CHECK_UNTOUCHED)
                    check_fail(c, "%s: wrote pixel %u", what, p);
                continue;
            }
            int64_t sum = 0;
            for (uint32_t k = 0; k < depth; k++) {
                const int8_t w = a.transposed ? element(a.a, a.lda, k, r) : element(a.a, a.lda, r, k);
                sum += (int64_t)(w - a.zero_a) * (element(a.b, a.ldb, k, p) - a.zero_b);
            }
            check_byte(c, what, at, a.y[at], check_requantized(sum, a.multiplier, &range));
        }
}

typedef struct matmul_case {
    nnz_matmul_s8_fn kernel;
    nnz_matmul_s8 a;
} matmul_case;

static void run_matmul(void *context) {
    const matmul_case *k = context;
    k->kernel(&k->a);
}

static void matmul_bench(check *c) {
    static const uint32_t shapes[][2] = {{128, 32}, {32, 128}, {128, 64}, {64, 128}}; /* keys, transposed, and values */
    const check_range range = {.lo = -128, .hi = 127};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        matmul_case k = {(nnz_matmul_s8_fn)c->kernel,
                         product(shapes[i][0], shapes[i][1], 128, shapes[i][0] == 128, &range)};
        char label[64];
        snprintf(label, sizeof label, "%u x %u by 128", shapes[i][0], shapes[i][1]);
        check_rate(c, label, run_matmul, &k, 128.0 * shapes[i][0] * shapes[i][1], "MAC");
    }
}

const check_test check_matmul_s8 = {
    .family = NNZ_FAMILY_MATMUL_S8, .rounds = 600, .round = matmul_round, .bench = matmul_bench};

/* ---- softmax_s8 -------------------------------------------------------------------------------------------------- */

/* exp(-scale d) as a table: of multiples of 16, then of 1. */
static const float *exponentials(double scale) {
    float *table = check_input(32);
    for (int i = 0; i < 16; i++) {
        table[i] = (float)exp(-16 * i * scale);
        table[16 + i] = (float)exp(-i * scale);
    }
    return table;
}

static nnz_softmax_s8 softmax(uint32_t channels, uint32_t pixels, double scale, const check_range *range) {
    const uint32_t planes = (channels + 3) / 4;
    return (nnz_softmax_s8){
        .x = check_bytes(4 * (size_t)planes * pixels),
        .y = check_bytes_output(4 * (size_t)planes * pixels),
        .stride = 4 * (size_t)pixels,
        .channels = channels,
        .pixels = pixels,
        .table = exponentials(scale),
        .factor = check_chance(50) ? 255 : check_uniform(0.1f, 65536),
        .zero = range->zero,
        .lo = range->lo,
        .hi = range->hi,
        .scratch = check_zeros((size_t)planes * 4 * 16 * sizeof(float)),
    };
}

static void softmax_round(check *c) {
    const check_range range = check_range_random();
    const uint32_t channels = check_random(1, 150), pixels = check_random(1, 70);
    nnz_softmax_s8 a = softmax(channels, pixels, check_uniform(0, 0.5f), &range);
    const size_t bytes = (channels + 3) / 4 * a.stride;
    const bool in_place = check_chance(30);
    const int8_t *x = a.x;
    if (in_place)
        a.x = memcpy(a.y, x, bytes);
    ((nnz_softmax_s8_fn)c->kernel)(&a);
    check_bytes_guards(c, a.y, bytes);
    for (uint32_t p = 0; p < pixels; p++) {
        float e[150], sums[4] = {0, 0, 0, 0};
        int max = -128;
        for (uint32_t k = 0; k < channels; k++)
            max = fmax(max, x[k / 4 * a.stride + 4 * (size_t)p + k % 4]);
        for (uint32_t k = 0; k < channels; k++) {
            const int d = max - x[k / 4 * a.stride + 4 * (size_t)p + k % 4];
            e[k] = a.table[d / 16] * a.table[16 + d % 16];
            sums[k % 4] += e[k];
        }
        const float low = sums[0] + sums[1], high = sums[2] + sums[3], sum = low + high, factor = a.factor / sum;
        for (uint32_t k = 0; k < channels && !c->failed; k++) {
            const size_t at = k / 4 * a.stride + 4 * (size_t)p + k % 4;
            const float product = e[k] * factor;
            const double want = fmin(fmax(nearbyint(product) + a.zero, a.lo), a.hi);
            check_byte(c, in_place ? "in place" : "probability", at, a.y[at], (int8_t)want);
        }
    }
}

typedef struct softmax_case {
    nnz_softmax_s8_fn kernel;
    nnz_softmax_s8 a;
} softmax_case;

static void run_softmax(void *context) {
    const softmax_case *k = context;
    k->kernel(&k->a);
}

static void softmax_bench(check *c) {
    const check_range range = {.zero = -128, .lo = -128, .hi = 127};
    softmax_case k = {(nnz_softmax_s8_fn)c->kernel, softmax(128, 64, 0.05, &range)};
    check_rate(c, "128 channels, 64 pixels", run_softmax, &k, 128 * 64, "element");
}

const check_test check_softmax_s8 = {
    .family = NNZ_FAMILY_SOFTMAX_S8, .rounds = 400, .round = softmax_round, .bench = softmax_bench};
