/* What the tests of int8 kernels share. Results are compared byte by byte with models written from docs/FORMAT.md. */
#ifndef NNZ_CHECK_QUANTIZED_H
#define NNZ_CHECK_QUANTIZED_H

#include "check.h"

/* n random bytes followed by nothing; at times all are -128, all 127, or only those two. Freed by check_free_all(). */
int8_t *check_bytes(size_t n);
/* As check_bytes, followed by `slack` random bytes that may be read but not used. */
int8_t *check_bytes_slack(size_t n, size_t slack);
enum { CHECK_UNTOUCHED = 0xA5 };
/* n bytes that are CHECK_UNTOUCHED, to write to, between guards, and whether a kernel wrote outside of them. */
int8_t *check_bytes_output(size_t n);
bool check_bytes_guards(check *c, const int8_t *output, size_t n);
/* n random values in [-bound, bound], or in [0, bound]; at times all are the same bound. */
int32_t *check_words(size_t n, int32_t bound, bool negative);

/* The end of an int8 operator: y = clamp(zero + R(acc, multiplier, shift)). */
typedef struct check_range {
    uint32_t shift;
    int32_t zero, lo, hi;
} check_range;

check_range check_range_random(void);
/* One that at times has NNZ_SHIFT_FACTOR, for products, but on small devices; its multipliers are factors then. */
check_range check_range_of_product(void);
/* Multipliers: mostly such that sums up to `magnitude` fill the range of int8; else any, the bounds included. */
int32_t *check_multipliers(size_t n, double magnitude, uint32_t shift);
int8_t check_requantized(int64_t acc, int32_t multiplier, const check_range *range);

/* Fails unless got == want. */
bool check_byte(check *c, const char *what, size_t at, int8_t got, int8_t want);

#endif
