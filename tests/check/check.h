/*
 * The kernel checker: every variant of every family against the family's contract (runtime/src/kernel.h), computed here
 * in double precision, over random shapes. A family is tested by a check_test; `tests` in check.c lists them all.
 */
#ifndef NNZ_CHECK_H
#define NNZ_CHECK_H

#include "kernels.h"

/* One variant under test. */
typedef struct check {
    void (*kernel)(void);
    const char *name;
    int form; /* as in the test */
    bool failed;
    char message[400];
} check;

typedef struct check_test {
    nnz_family family;
    int rounds;              /* calls of round() with fresh random numbers */
    void (*round)(check *c); /* one random case; check_fail() where the result is wrong */
    void (*bench)(check *c); /* times typical cases by check_rate() */
    int form;                /* what distinguishes families that share a test: an encoding, or the bits of a value */
} check_test;

/* The instruction set of the variant under test. */
nnz_isa check_isa(const check *c);

/* Notes what is wrong, as printf; the first note counts. Returns false. */
bool check_fail(check *c, const char *format, ...);

/* ---- Random numbers: a sequence that depends on the seed alone --------------------------------------------------- */

void check_seed(uint64_t seed);
uint32_t check_random(uint32_t low, uint32_t high); /* in [low, high] */
bool check_chance(uint32_t percent);
uint32_t check_percent(void); /* of the blocks of a sparse matrix: none to all */
float check_uniform(float low, float high);
void check_fill(float *x, size_t n, float low, float high);
/* Bounds of a clip: none, ReLU or ReLU6. */
void check_clip(float *lo, float *hi);

/* ---- Memory that notices what kernels do to it ------------------------------------------------------------------- */

/* n random floats in [-1, 1], followed by nothing (a sanitizer sees a read beyond). Freed by check_free_all(). */
float *check_input(size_t n);
/* As check_input, aligned to 64 and followed by `slack` floats that may be read but not used: they are NaN. */
float *check_input_slack(size_t n, size_t slack);
/* n floats, aligned to 64 plus `offset` floats, of a value that no kernel writes, between guards. */
float *check_output(size_t n, size_t offset);
/* n bytes, followed by nothing. */
void *check_memory(size_t n);
/* n bytes of zeros, aligned to 64. */
void *check_zeros(size_t n);
/* Fails where the guards of an output were overwritten. */
bool check_guards(check *c, const float *output);
/* Whether the element is as check_output() made it. */
bool check_untouched(float x);
void check_free_all(void);

/* ---- Comparing and timing ---------------------------------------------------------------------------------------- */

/* Fails unless |got - want| <= tolerance; NaN equals NaN, infinities themselves. `at`: the index, for the message. */
bool check_close(check *c, const char *what, size_t at, float got, double want, double tolerance);

/* An operand for the variant: ARMv7's vectors may take subnormal numbers for 0, so they get 0. Results that are 0
 * instead of a subnormal number check_close() lets pass there. */
float check_flushed(const check *c, float x);

/* min(max(x, lo), hi) */
double check_clipped(double x, float lo, float hi);

/* Times run(context) and prints the nanoseconds a call takes, and `amount` units a nanosecond as "G unit/s". */
void check_rate(check *c, const char *label, void (*run)(void *context), void *context, double amount,
                const char *unit);

extern const check_test check_unary, check_binary, check_softmax, check_reduce, check_layernorm, check_pool, check_pack,
    check_depthwise, check_spmm_dense, check_spmm_u1, check_spmm_u1_pairs, check_spmm_rb4, check_matvec_dense,
    check_matvec_u1, check_matvec_f8x1, check_pack_s8, check_spmm_s8_dense, check_spmm_s8_u1, check_spmm_s8_q1x4,
    check_matvec_s8_dense, check_matvec_s8_u1, check_matvec_s8_q8x4, check_depthwise_s8, check_pool_s8,
    check_average_s8, check_add_s8, check_mul_s8, check_lut_s8, check_lut_planes_s8, check_steps_s8, check_rescale_s8,
    check_quantize, check_dequantize, check_affine_s8, check_layernorm_s8, check_matmul_s8, check_softmax_s8,
    check_affine_exact_s8, check_layernorm_exact_s8, check_softmax_exact_s8, check_expand_f16, check_expand_s8,
    check_expand_s4, check_matvec_narrow_f16, check_matvec_narrow_s8, check_matvec_narrow_s4, check_resize,
    check_winograd_input, check_winograd_output;

#endif
