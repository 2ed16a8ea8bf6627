/* Random numbers, guarded memory, comparisons and timing for the tests of kernels. */
#include "check.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

nnz_isa check_isa(const check *c) {
    const nnz_kernel *const *k = nnz_registry_all()->kernels;
    while (strcmp((*k)->name, c->name) != 0)
        k++;
    return (*k)->isa;
}

bool check_fail(check *c, const char *format, ...) {
    if (!c->failed) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(c->message, sizeof c->message, format, arguments);
        va_end(arguments);
    }
    c->failed = true;
    return false;
}

/* ---- Random numbers: SplitMix64 ---------------------------------------------------------------------------------- */

static uint64_t state;

void check_seed(uint64_t seed) {
    state = seed;
}

static uint64_t next(void) {
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

uint32_t check_random(uint32_t low, uint32_t high) {
    return low + (uint32_t)(next() % ((uint64_t)high - low + 1));
}

bool check_chance(uint32_t percent) {
    return check_random(1, 100) <= percent;
}

uint32_t check_percent(void) {
    static const uint32_t percents[] = {0, 2, 10, 50, 100};
    return percents[check_random(0, 4)];
}

float check_uniform(float low, float high) {
    return low + (high - low) * (float)(next() >> 40) / (float)(1 << 24);
}

void check_fill(float *x, size_t n, float low, float high) {
    for (size_t i = 0; i < n; i++)
        x[i] = check_uniform(low, high);
}

void check_clip(float *lo, float *hi) {
    const uint32_t kind = check_random(0, 2);
    *lo = kind ? 0 : -INFINITY;
    *hi = kind == 2 ? 0.5f : INFINITY;
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

enum { GUARD = 64, MAX_BUFFERS = 64 }; /* floats on either side of an output; buffers of a case */

static const uint32_t sentinel = 0x7FC5A5A5; /* a NaN that no arithmetic makes */

typedef struct buffer {
    void *memory;
    float *data; /* of an output; guards begin at its ends */
    size_t n;
} buffer;

static buffer buffers[MAX_BUFFERS];
static size_t buffer_count;

static void *keep(void *memory, float *data, size_t n) {
    if (!memory || buffer_count == MAX_BUFFERS) {
        fputs("out of memory, or a test uses too many buffers\n", stderr);
        exit(2);
    }
    buffers[buffer_count++] = (buffer){memory, data, n};
    return memory;
}

static void *aligned(size_t bytes) {
    return aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
}

float *check_input(size_t n) {
    float *x = keep(malloc(n * sizeof *x + !n), NULL, n);
    check_fill(x, n, -1, 1);
    return x;
}

float *check_input_slack(size_t n, size_t slack) {
    float *x = keep(aligned((n + slack) * sizeof *x), NULL, n);
    check_fill(x, n, -1, 1);
    for (size_t i = 0; i < slack; i++)
        x[n + i] = NAN;
    return x;
}

float *check_output(size_t n, size_t offset) {
    const size_t all = n + offset + 2 * GUARD;
    float *memory = aligned(all * sizeof *memory), *y = memory + GUARD + offset;
    keep(memory, y, n);
    for (size_t i = 0; i < all; i++)
        memcpy(memory + i, &sentinel, sizeof sentinel);
    return y;
}

void *check_memory(size_t n) {
    return keep(malloc(n + !n), NULL, n);
}

void *check_zeros(size_t n) {
    return memset(keep(aligned(n), NULL, n), 0, n);
}

bool check_untouched(float x) {
    return memcmp(&x, &sentinel, sizeof sentinel) == 0;
}

bool check_guards(check *c, const float *output) {
    for (size_t k = 0; k < buffer_count; k++) {
        if (buffers[k].data != output)
            continue;
        for (size_t i = 1; i <= GUARD; i++) {
            if (!check_untouched(output[-(ptrdiff_t)i]))
                return check_fail(c, "wrote %zu elements before the output", i);
            if (!check_untouched(output[buffers[k].n + i - 1]))
                return check_fail(c, "wrote %zu elements behind the output", i);
        }
        return true;
    }
    return check_fail(c, "the test asks for the guards of memory that is not an output");
}

void check_free_all(void) {
    while (buffer_count)
        free(buffers[--buffer_count].memory);
}

/* ---- Comparing and timing ---------------------------------------------------------------------------------------- */

static bool flushes(const check *c) {
#ifdef __arm__
    return strstr(c->name, "_neon");
#else
    (void)c;
    return false;
#endif
}

float check_flushed(const check *c, float x) {
    return flushes(c) && fabsf(x) < FLT_MIN ? copysignf(0, x) : x;
}

bool check_close(check *c, const char *what, size_t at, float got, double want, double tolerance) {
    if (flushes(c))
        tolerance += FLT_MIN;
    if (isnan(want) ? isnan(got) && !check_untouched(got) : (float)want == got || fabs(got - want) <= tolerance)
        return true;
    return check_fail(c, "%s: element %zu is %.9g, not %.9g", what, at, got, want);
}

double check_clipped(double x, float lo, float hi) {
    return x < lo ? lo : x > hi ? hi : x;
}

static double nanoseconds(void) {
    return (double)clock() * (1e9 / CLOCKS_PER_SEC);
}

static double time_calls(void (*run)(void *context), void *context, int calls) {
    const double begin = nanoseconds();
    for (int i = 0; i < calls; i++)
        run(context);
    return nanoseconds() - begin;
}

void check_rate(check *c, const char *label, void (*run)(void *context), void *context, double amount,
                const char *unit) {
    enum { TRIES = 7 };
    int calls = 1;
    while (time_calls(run, context, calls) < 2e6)
        calls *= 2;
    double best = INFINITY;
    for (int i = 0; i < TRIES; i++)
        best = fmin(best, time_calls(run, context, calls) / calls);
    printf("  %-26s %-30s %10.0f ns %8.2f G %s/s\n", c->name, label, best, amount / best, unit);
}
