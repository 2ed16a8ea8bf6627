#include "line.h"

enum { ONE = 1 << 15, HALF = ONE / 2, MULTIPLIER_MAX = ONE - 1, SHIFT_MAX = 7 };

typedef struct interval {
    int64_t low, high;
} interval;

static int64_t floor_div(int64_t a, int64_t b) {
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static int64_t ceil_div(int64_t a, int64_t b) {
    return -floor_div(-a, b);
}

static void at_least(interval *m, int64_t low) {
    m->low = low > m->low ? low : m->low;
}

static void at_most(interval *m, int64_t high) {
    m->high = high < m->high ? high : m->high;
}

/* Leaves of the multipliers m those with floor((u m + HALF) / ONE) in [least, most]; NULL for a side without a bound.
 */
static void restrict_to(interval *m, int64_t u, const int64_t *least, const int64_t *most) {
    if (u > 0) {
        if (least)
            at_least(m, ceil_div(*least * ONE - HALF, u));
        if (most)
            at_most(m, ceil_div((*most + 1) * ONE - HALF, u) - 1);
    } else if (u < 0) {
        if (least)
            at_most(m, floor_div(HALF - *least * ONE, -u));
        if (most)
            at_least(m, floor_div(HALF - (*most + 1) * ONE, -u) + 1);
    }
}

/* Sets the multiplier of `line` to one with which it gives the table; false if there is none. */
static bool fit(nnz_line *line, const int8_t table[256]) {
    interval m = {1, MULTIPLIER_MAX};
    for (int i = 0; i < 256 && m.low <= m.high; i++) {
        const int64_t u = (int64_t)(i - 128 - line->zero_x) * (1 << line->shift), want = table[i] - line->zero;
        restrict_to(&m, u, table[i] > line->lo ? &want : NULL, table[i] < line->hi ? &want : NULL);
    }
    line->multiplier = (int16_t)m.low;
    return m.low <= m.high;
}

nnz_line nnz_line_of(const int8_t table[256]) {
    int first = 0, last = 255; /* behind the lower bound, and before the upper one */
    int8_t lo = 127, hi = -128;
    for (int i = 0; i < 256; i++) {
        lo = table[i] < lo ? table[i] : lo;
        hi = table[i] > hi ? table[i] : hi;
    }
    while (first < 255 && table[first] == lo)
        first++;
    while (last > first && table[last] == hi)
        last--;
    uint8_t shift = 0;
    while (shift < SHIFT_MAX && table[last] - table[first] >= (last - first) << shift)
        shift++;
    /* A change of scale maps one zero point to the other: the table has some x that its line maps to an integer. A
     * clipped line's is likely to be where it begins. */
    const int start = first > 0 ? first - 1 : 0;
    for (int i = 0; i < 256; i++) {
        const int at = (start + i) % 256;
        nnz_line line = {.zero_x = (int8_t)(at - 128), .zero = table[at], .lo = lo, .hi = hi, .shift = shift};
        if (fit(&line, table))
            return line;
    }
    return (nnz_line){.multiplier = 0};
}
