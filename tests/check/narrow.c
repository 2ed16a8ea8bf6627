#include "narrow.h"

#include <math.h>
#include <string.h>

static double half(uint16_t h) {
    const int exponent = h >> 10 & 31, fraction = h & 1023;
    const double sign = h & 0x8000 ? -1 : 1;
    if (exponent == 31)
        return fraction ? NAN : sign * INFINITY;
    return sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24));
}

static void make_scales(check_narrow *k) {
    const size_t n = (k->bits == 8 ? k->runs : k->shares) * k->height;
    uint16_t *halves = check_zeros(n * sizeof *halves + CHECK_NARROW_SLACK);
    k->scales = check_zeros(n * sizeof *k->scales + CHECK_NARROW_SLACK);
    for (size_t i = 0; i < n; i++) {
        halves[i] = (uint16_t)check_random(0, 0x7BFF) | (check_chance(50) ? 0x8000 : 0);
        k->scales[i] = k->bits == 8 ? check_uniform(-1, 1) : (float)half(halves[i]);
    }
    k->scale = k->bits == 8 ? (void *)k->scales : (void *)halves;
}

static void make_values(check_narrow *k, bool finite) {
    const size_t bytes = ((k->first + k->blocks) * k->height * k->bits + 7) / 8;
    k->values = check_zeros(bytes + CHECK_NARROW_SLACK);
    memset(k->values + bytes, 0xFF, CHECK_NARROW_SLACK);
    for (size_t i = 0; i < bytes; i++)
        k->values[i] = (uint8_t)check_random(0, 255);
    for (size_t i = 1; i < bytes && finite && k->bits == 16; i += 2)
        k->values[i] &= 0xBF;
}

void check_narrow_make(check_narrow *k, uint32_t bits, uint32_t height, uint32_t runs, uint32_t most, bool finite) {
    *k = (check_narrow){
        .bits = bits,
        .height = height,
        .runs = runs,
        .share = 16u << check_random(0, 4),
        .first = check_random(0, 50),
        .count = check_memory(runs * sizeof *k->count),
    };
    for (uint32_t r = 0; r < runs; r++) {
        k->count[r] = (uint16_t)check_random(0, most);
        k->blocks += k->count[r];
        k->shares += check_narrow_shares(k, r);
    }
    make_values(k, finite);
    make_scales(k);
}

size_t check_narrow_shares(const check_narrow *k, uint32_t r) {
    return (k->count[r] + k->share - 1) / k->share;
}

/* The integer, or float16, at position i of all values. */
static double stored(const check_narrow *k, size_t i) {
    if (k->bits == 16)
        return half(((const uint16_t *)(const void *)k->values)[i]);
    if (k->bits == 8)
        return (int8_t)k->values[i];
    const int nibble = i % 2 ? k->values[i / 2] / 16 : k->values[i / 2] % 16;
    return nibble < 8 ? nibble : nibble - 16;
}

float check_narrow_value(const check_narrow *k, uint32_t r, size_t block, size_t share, uint32_t b, uint32_t i) {
    const size_t row = (k->bits == 8 ? r : share + b / k->share) * k->height + i;
    const double value = stored(k, (k->first + block + b) * k->height + i);
    return (float)(k->bits == 16 ? value : value * k->scales[row]);
}
