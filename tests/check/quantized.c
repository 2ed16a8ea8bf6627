#include "quantized.h"

#include "op.h"
#include "requantize.h"

#include <math.h>
#include <string.h>

enum { GUARD = 64 };

static void fill(int8_t *x, size_t n) {
    const uint32_t kind = check_random(0, 9);
    for (size_t i = 0; i < n; i++)
        x[i] = kind == 0   ? -128
               : kind == 1 ? 127
               : kind == 2 ? (check_chance(50) ? -128 : 127)
                           : (int8_t)(int)(check_random(0, 255) - 128);
}

int8_t *check_bytes(size_t n) {
    int8_t *x = check_memory(n);
    fill(x, n);
    return x;
}

int8_t *check_bytes_slack(size_t n, size_t slack) {
    int8_t *x = check_memory(n + slack);
    fill(x, n);
    fill(x + n, slack);
    return x;
}

int8_t *check_bytes_output(size_t n) {
    uint8_t *memory = check_memory(n + 2 * GUARD);
    memset(memory, CHECK_UNTOUCHED, n + 2 * GUARD);
    return (int8_t *)memory + GUARD;
}

bool check_bytes_guards(check *c, const int8_t *output, size_t n) {
    for (size_t i = 1; i <= GUARD; i++) {
        if ((uint8_t)output[-(ptrdiff_t)i] != CHECK_UNTOUCHED)
            return check_fail(c, "wrote %zu bytes before the output", i);
        if ((uint8_t)output[n + i - 1] != CHECK_UNTOUCHED)
            return check_fail(c, "wrote %zu bytes behind the output", i);
    }
    return true;
}

int32_t *check_words(size_t n, int32_t bound, bool negative) {
    int32_t *x = check_memory(n * sizeof *x);
    const uint32_t kind = check_random(0, 9);
    for (size_t i = 0; i < n; i++) {
        const int32_t v = kind < 2 ? bound : (int32_t)check_random(0, (uint32_t)bound) >> (kind < 6 ? 16 : 0);
        x[i] = negative && (kind == 1 || check_chance(50)) ? -v : v;
    }
    return x;
}

check_range check_range_random(void) {
    check_range r = {.shift = check_chance(50) ? check_random(0, 1) * 15 : check_random(0, 15),
                     .zero = (int32_t)check_random(0, 255) - 128,
                     .lo = -128,
                     .hi = 127};
    if (check_chance(30)) {
        r.lo = (int32_t)check_random(0, 255) - 128;
        r.hi = (int32_t)check_random((uint32_t)(r.lo + 128), 255) - 128;
    }
    return r;
}

check_range check_range_of_product(void) {
    check_range r = check_range_random();
    if (!NNZ_ONLY_SMALL && check_chance(40))
        r.shift = NNZ_SHIFT_FACTOR;
    return r;
}

/* Mostly as below, else any. */
static int32_t random_factor(double magnitude) {
    const uint32_t kind = check_random(0, 9);
    const float fit = (float)(check_uniform(32, 256) / magnitude);
    int32_t bits;
    memcpy(&bits, &fit, sizeof bits);
    return kind == 0               ? 0
           : kind == 1             ? NNZ_FACTOR_MAX
           : kind == 2 || fit >= 1 ? (int32_t)check_random(0, NNZ_FACTOR_MAX)
                                   : bits;
}

int32_t *check_multipliers(size_t n, double magnitude, uint32_t shift) {
    int32_t *m = check_memory(n * sizeof *m);
    for (size_t i = 0; i < n; i++) {
        if (shift == NNZ_SHIFT_FACTOR) {
            m[i] = random_factor(magnitude);
            continue;
        }
        const uint32_t kind = check_random(0, 9);
        const double fit = check_uniform(32, 256) / magnitude * 4294967296.0 / (double)(1u << shift);
        m[i] = kind == 0                      ? 0
               : kind == 1                    ? INT32_MAX
               : kind == 2                    ? (int32_t)check_random(0, INT32_MAX)
               : kind == 3                    ? (int32_t)check_random(0, 300) /* int8 from saturated sums */
               : fit < (double)(1u << 31) - 1 ? (int32_t)fit
                                              : INT32_MAX;
    }
    return m;
}

/* The factor has 24 bits and the sum, rounded, too: double precision holds their product, which is rounded once. */
static double times_factor(int64_t acc, int32_t multiplier) {
    float factor;
    memcpy(&factor, &multiplier, sizeof factor);
    const float product = (float)((double)(float)acc * (double)factor);
    return nearbyint((double)product);
}

int8_t check_requantized(int64_t acc, int32_t multiplier, const check_range *range) {
    if (range->shift == NNZ_SHIFT_FACTOR) {
        const double v = times_factor(acc, multiplier) + range->zero;
        return (int8_t)(v < range->lo ? range->lo : v > range->hi ? range->hi : v);
    }
    int64_t t = acc * (1 << range->shift);
    t = t > INT32_MAX ? INT32_MAX : t < INT32_MIN ? INT32_MIN : t;
    const int64_t one = (int64_t)1 << 32, product = t * multiplier + one / 2;
    int64_t v = product / one;
    v -= product % one < 0; /* division truncates */
    v += range->zero;
    return (int8_t)(v < range->lo ? range->lo : v > range->hi ? range->hi : v);
}

bool check_byte(check *c, const char *what, size_t at, int8_t got, int8_t want) {
    return got == want || check_fail(c, "%s: byte %zu is %d, not %d", what, at, got, want);
}
