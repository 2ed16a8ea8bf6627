/* unary_f32 and binary_f32 against libm in double precision. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const float extremes[] = {0,      -0.0f,   1,      -1,       INFINITY, -INFINITY, NAN,     1e-45f,  -1e-45f,
                                 1e-39f, -1e-30f, 1e30f,  -1e30f,   88.72f,   88.73f,    -87.3f,  -103.9f, -104.1f,
                                 0.625f, -0.625f, 0.927f, -0.9278f, 9.5f,     -9.5f,     3.4e38f, -3.4e38f};

enum { EXTREMES = sizeof extremes / sizeof *extremes };

/* Mostly moderate numbers, some extreme ones. */
static float operand(const check *c) {
    return check_chance(10) ? check_flushed(c, extremes[check_random(0, EXTREMES - 1)]) : check_uniform(-8, 8);
}

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static double unary(int function, double a, double b, double x) {
    switch (function) {
    case NNZ_ACT_CLIP:
        return x < a ? a : x > b ? b : x;
    case NNZ_ACT_LEAKY_RELU:
        return x < 0 ? a * x : x;
    case NNZ_ACT_SIGMOID:
        return sigmoid(x);
    case NNZ_ACT_TANH:
        return tanh(x);
    case NNZ_ACT_HARD_SIGMOID:
        return check_clipped(a * x + b, 0, 1);
    case NNZ_ACT_HARD_SWISH:
        return x * check_clipped(x / 6 + 0.5, 0, 1);
    case NNZ_ACT_EXP:
        return exp(x);
    case NNZ_ACT_SQRT:
        return sqrt(x);
    case NNZ_ACT_ABS:
        return fabs(x);
    case NNZ_ACT_NEG:
        return -x;
    case NNZ_ACT_SILU:
        return x * sigmoid(x);
    case NNZ_ACT_ERF:
        return erf(x);
    case NNZ_ACT_GELU:
        return 0.5 * x * (1 + erf(x / sqrt(2.0)));
    case NNZ_ACT_RECIPROCAL:
        return 1 / x;
    case NNZ_ACT_LOG:
        return log(x);
    case NNZ_ACT_GELU_TANH:
        return 0.5 * x * (1 + tanh(0.79788456080286536 * (x + 0.044715 * x * x * x)));
    default:
        return x;
    }
}

/* Four units in the last place; where 1 + something cancels, or e^-x overflows before its reciprocal is 0, as much of
 * |x|. */
static double unary_tolerance(int function, double x, double want) {
    const double unit = 4 * ldexp(1, -24);
    if (function == NNZ_ACT_GELU || function == NNZ_ACT_GELU_TANH || function == NNZ_ACT_SILU ||
        function == NNZ_ACT_HARD_SIGMOID || function == NNZ_ACT_HARD_SWISH)
        return unit * fmax(fabs(x), fabs(want)) + 0x1p-149; /* and a rounding among subnormal numbers */
    return unit * fabs(want) + 1.5e-38;                     /* and the smallest normal number, for sigmoid */
}

static void unary_round(check *c) {
    const int function = (int)check_random(NNZ_ACT_NONE, NNZ_ACT_COUNT - 1);
    const size_t n = check_random(0, 200);
    const bool in_place = check_chance(30);
    float act[2] = {check_uniform(-1, 0), check_chance(30) ? INFINITY : check_uniform(0, 1)};
    if (function != NNZ_ACT_CLIP)
        act[1] = check_uniform(0, 1);
    float *y = check_output(n, check_random(0, 15)), *x = check_input(n);
    for (size_t i = 0; i < n; i++)
        x[i] = operand(c);
    if (in_place)
        memcpy(y, x, n * sizeof *x);
    ((nnz_unary_f32_fn)c->kernel)(function, act, in_place ? y : x, y, n);
    check_guards(c, y);
    char what[32];
    snprintf(what, sizeof what, "function %d", function);
    for (size_t i = 0; i < n && !c->failed; i++) {
        const double want = unary(function, act[0], act[1], x[i]);
        check_close(c, what, i, y[i], want, unary_tolerance(function, x[i], want));
    }
}

typedef struct unary_case {
    nnz_unary_f32_fn kernel;
    int function;
    float act[2];
    float *x, *y;
    size_t n;
} unary_case;

static void run_unary(void *context) {
    const unary_case *k = context;
    k->kernel(k->function, k->act, k->x, k->y, k->n);
}

static void unary_bench(check *c) {
    static const struct {
        int function;
        const char *name;
    } functions[] = {{NNZ_ACT_CLIP, "clip"}, {NNZ_ACT_SIGMOID, "sigmoid"}, {NNZ_ACT_TANH, "tanh"}, {NNZ_ACT_EXP, "exp"},
                     {NNZ_ACT_ERF, "erf"},   {NNZ_ACT_LOG, "log"},         {NNZ_ACT_GELU, "gelu"}};
    unary_case k = {(nnz_unary_f32_fn)c->kernel, 0, {0, 6}, check_input(4096), check_output(4096, 0), 4096};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        k.function = functions[i].function;
        check_rate(c, functions[i].name, run_unary, &k, (double)k.n, "element");
    }
}

const check_test check_unary = {
    .family = NNZ_FAMILY_UNARY_F32, .rounds = 2000, .round = unary_round, .bench = unary_bench};

/* ---- binary_f32 -------------------------------------------------------------------------------------------------- */

static double binary(int function, double a, double b) {
    switch (function) {
    case NNZ_BINARY_ADD:
        return a + b;
    case NNZ_BINARY_SUB:
        return a - b;
    case NNZ_BINARY_MUL:
        return a * b;
    case NNZ_BINARY_DIV:
        return a / b;
    case NNZ_BINARY_MIN:
        return isnan(a) || isnan(b) ? NAN : fmin(a, b);
    case NNZ_BINARY_MAX:
        return isnan(a) || isnan(b) ? NAN : fmax(a, b);
    case NNZ_BINARY_PRELU:
        return a < 0 ? a * b : a;
    default:
        return pow(a, b);
    }
}

static void binary_round(check *c) {
    const int function = (int)check_random(0, NNZ_BINARY_COUNT - 1);
    const size_t n = check_random(1, 200), a_step = check_chance(70), b_step = check_chance(70);
    float *a = check_input(a_step ? n : 1), *b = check_input(b_step ? n : 1), *y = check_output(n, check_random(0, 15));
    for (size_t i = 0; i < (a_step ? n : 1); i++)
        a[i] = operand(c);
    for (size_t i = 0; i < (b_step ? n : 1); i++)
        b[i] = operand(c);
    const bool in_place = a_step && check_chance(30);
    if (in_place)
        memcpy(y, a, n * sizeof *a);
    ((nnz_binary_f32_fn)c->kernel)(function, in_place ? y : a, a_step, b, b_step, y, n);
    check_guards(c, y);
    char what[32];
    snprintf(what, sizeof what, "function %d", function);
    for (size_t i = 0; i < n && !c->failed; i++) {
        const double want = binary(function, a[i * a_step], b[i * b_step]);
        check_close(c, what, i, y[i], want, ldexp(fabs(want), -22) + 1e-44);
    }
}

typedef struct binary_case {
    nnz_binary_f32_fn kernel;
    size_t b_step;
    float *a, *b, *y;
    size_t n;
} binary_case;

static void run_binary(void *context) {
    const binary_case *k = context;
    k->kernel(NNZ_BINARY_ADD, k->a, 1, k->b, k->b_step, k->y, k->n);
}

static void binary_bench(check *c) {
    binary_case k = {(nnz_binary_f32_fn)c->kernel, 1,   check_input(2048), check_input(2048),
                     check_output(2048, 0),        2048};
    check_rate(c, "add", run_binary, &k, (double)k.n, "element");
    k.b_step = 0;
    check_rate(c, "add a scalar", run_binary, &k, (double)k.n, "element");
}

const check_test check_binary = {
    .family = NNZ_FAMILY_BINARY_F32, .rounds = 2000, .round = binary_round, .bench = binary_bench};
