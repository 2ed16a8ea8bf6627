/* expand_*: exactly the products that docs/FORMAT.md section 5 asks for. */
#include "check.h"

#include <math.h>
#include <stdio.h>

enum { SLACK = 64 };

/* Runs of a matrix of `bits` wide values; `first` blocks precede them. */
typedef struct expand_case {
    nnz_expand a;
    uint32_t bits;
    size_t blocks, shares; /* of the runs */
    uint8_t *values;
    uint16_t *count;
    float *scale; /* what each stored scale stands for */
} expand_case;

static double half(uint16_t h) {
    const int exponent = h >> 10 & 31, fraction = h & 1023;
    const double sign = h & 0x8000 ? -1 : 1;
    if (exponent == 31)
        return fraction ? NAN : sign * INFINITY;
    return sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24));
}

static void make_scales(expand_case *k) {
    const size_t n = (k->bits == 8 ? k->a.runs : k->shares) * k->a.height;
    uint16_t *halves = check_zeros(n * sizeof *halves + SLACK);
    k->scale = check_zeros(n * sizeof *k->scale + SLACK);
    for (size_t i = 0; i < n; i++) {
        halves[i] = (uint16_t)check_random(0, 0x7BFF) | (check_chance(50) ? 0x8000 : 0);
        k->scale[i] = k->bits == 8 ? check_uniform(-1, 1) : (float)half(halves[i]);
    }
    k->a.scale = k->bits == 8 ? (void *)k->scale : (void *)halves;
}

static void make_case(expand_case *k, uint32_t bits, uint32_t height, uint32_t runs, uint32_t most) {
    *k = (expand_case){.bits = bits, .count = check_memory(runs * sizeof *k->count)};
    k->a = (nnz_expand){.first = check_random(0, 50),
                        .count = k->count,
                        .runs = runs,
                        .height = height,
                        .share = 16u << check_random(0, 4)};
    for (uint32_t r = 0; r < runs; r++) {
        k->count[r] = (uint16_t)check_random(0, most);
        k->blocks += k->count[r];
        k->shares += (k->count[r] + k->a.share - 1) / k->a.share;
    }
    const size_t bytes = ((k->a.first + k->blocks) * height * bits + 7) / 8;
    k->values = check_zeros(bytes + SLACK);
    for (size_t i = 0; i < bytes; i++)
        k->values[i] = (uint8_t)check_random(0, 255);
    k->a.values = k->values;
    make_scales(k);
    k->a.y = check_output(k->blocks * height + SLACK / sizeof(float), check_random(0, 15));
}

/* The integer, or float16, at position i of all values. */
static double stored(const expand_case *k, size_t i) {
    if (k->bits == 16)
        return half(((const uint16_t *)k->a.values)[i]);
    if (k->bits == 8)
        return ((const int8_t *)k->a.values)[i];
    const int nibble = i % 2 ? k->values[i / 2] / 16 : k->values[i / 2] % 16;
    return nibble < 8 ? nibble : nibble - 16;
}

static void check_values(check *c, const expand_case *k) {
    const uint32_t height = k->a.height;
    size_t at = 0, share = 0;
    char what[100];
    snprintf(what, sizeof what, "%u bits, blocks of %u, shares of %u, %u runs", k->bits, height, k->a.share, k->a.runs);
    for (uint32_t r = 0; r < k->a.runs; r++) {
        for (uint32_t i = 0; i < k->count[r] * height; i++, at++) {
            const size_t scales = k->bits == 8 ? r : share + i / height / k->a.share;
            const double scale = k->bits == 16 ? 1 : k->scale[scales * height + i % height];
            check_close(c, what, at, k->a.y[at], (float)(stored(k, k->a.first * height + at) * scale), 0);
        }
        share += (k->count[r] + k->a.share - 1) / k->a.share;
    }
}

static void expand_round(check *c, uint32_t bits) {
    static const uint32_t heights[] = {1, 4, 8};
    expand_case k;
    make_case(&k, bits, heights[check_random(0, 2)], check_random(1, 12), check_chance(20) ? 256 : 40);
    ((nnz_expand_fn)c->kernel)(&k.a);
    check_guards(c, k.a.y);
    check_values(c, &k);
}

typedef struct expand_bench_case {
    nnz_expand_fn kernel;
    expand_case k;
} expand_bench_case;

static void run_expand(void *context) {
    const expand_bench_case *b = context;
    b->kernel(&b->k.a);
}

static void expand_bench(check *c, uint32_t bits) {
    static const uint32_t heights[] = {1, 8};
    for (int i = 0; i < 2; i++) {
        expand_bench_case b = {.kernel = (nnz_expand_fn)c->kernel};
        make_case(&b.k, bits, heights[i], 256 / heights[i], 50);
        b.k.a.share = 32;
        char label[64];
        snprintf(label, sizeof label, "runs of about 25 blocks of %u", heights[i]);
        check_rate(c, label, run_expand, &b, (double)b.k.blocks * heights[i], "value");
    }
}

static void f16_round(check *c) {
    expand_round(c, 16);
}

static void f16_bench(check *c) {
    expand_bench(c, 16);
}

static void s8_round(check *c) {
    expand_round(c, 8);
}

static void s8_bench(check *c) {
    expand_bench(c, 8);
}

static void s4_round(check *c) {
    expand_round(c, 4);
}

static void s4_bench(check *c) {
    expand_bench(c, 4);
}

const check_test check_expand_f16 = {NNZ_FAMILY_EXPAND_F16, 400, f16_round, f16_bench};
const check_test check_expand_s8 = {NNZ_FAMILY_EXPAND_S8, 400, s8_round, s8_bench};
const check_test check_expand_s4 = {NNZ_FAMILY_EXPAND_S4, 400, s4_round, s4_bench};
