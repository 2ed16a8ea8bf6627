/* lut_planes_s8 and steps_s8 against their definitions. */
#include "quantized.h"

#include <string.h>

enum { CHANNELS = 384, PIXELS = 128, ELEMENTS = CHANNELS * PIXELS }; /* of benches */

/* ---- lut_planes_s8 ----------------------------------------------------------------------------------------------- */

static void lut_planes_round(check *c) {
    const uint32_t planes = check_random(1, 4);
    const size_t pixels = check_random(1, 200), stride = 4 * (pixels + check_random(0, 9));
    const size_t bytes = (planes - 1) * stride + 4 * pixels;
    nnz_lut_planes_s8 a = {
        .tables = check_bytes((size_t)planes * 4 * 256),
        .x = check_bytes(bytes),
        .stride = stride,
        .channels = 4 * planes - check_random(0, 3),
        .pixels = pixels,
    };
    const bool in_place = check_chance(30);
    const int8_t *x = in_place ? memcpy(check_memory(bytes), a.x, bytes) : a.x;
    a.y = in_place ? (int8_t *)a.x : check_bytes_output(bytes);
    ((nnz_lut_planes_s8_fn)c->kernel)(&a);
    if (!in_place)
        check_bytes_guards(c, a.y, bytes);
    for (size_t i = 0; i < bytes && !c->failed; i++) {
        const size_t channel = i / stride * 4 + i % 4;
        if (i % stride >= 4 * pixels)
            check_byte(c, "between planes", i, a.y[i], in_place ? x[i] : (int8_t)CHECK_UNTOUCHED);
        else if (channel < a.channels)
            check_byte(c, "entry", i, a.y[i], a.tables[256 * channel + (size_t)(128 + x[i])]);
    }
}

typedef struct lut_planes_case {
    nnz_lut_planes_s8_fn kernel;
    nnz_lut_planes_s8 a;
} lut_planes_case;

static void run_lut_planes(void *context) {
    lut_planes_case *k = context;
    k->kernel(&k->a);
}

static void lut_planes_bench(check *c) {
    lut_planes_case k = {(nnz_lut_planes_s8_fn)c->kernel,
                         {.tables = check_bytes(CHANNELS * 256),
                          .x = check_bytes(ELEMENTS),
                          .y = check_bytes_output(ELEMENTS),
                          .stride = 4 * PIXELS,
                          .channels = CHANNELS,
                          .pixels = PIXELS}};
    check_rate(c, "384 x 128", run_lut_planes, &k, ELEMENTS, "element");
}

const check_test check_lut_planes_s8 = {
    .family = NNZ_FAMILY_LUT_PLANES_S8, .rounds = 300, .round = lut_planes_round, .bench = lut_planes_bench};

/* ---- steps_s8 ---------------------------------------------------------------------------------------------------- */

static int8_t stepped(const nnz_plane_steps *s, uint32_t count, size_t lane, int8_t x) {
    int32_t sum = s->base[lane];
    for (uint32_t i = 0; i < count; i++)
        sum += x > s->above[i][lane] ? s->step[i][lane] : 0;
    const int32_t y = x + (int8_t)(uint8_t)sum;
    return (int8_t)(y < -128 ? -128 : y > 127 ? 127 : y);
}

static void steps_round(check *c) {
    const uint32_t planes = check_random(1, 4);
    const size_t pixels = check_random(1, 70), stride = 4 * (pixels + check_random(0, 9));
    const size_t bytes = (planes - 1) * stride + 4 * pixels;
    const nnz_steps_s8 a = {
        .planes = (const nnz_plane_steps *)check_bytes(planes * sizeof(nnz_plane_steps)),
        .count = check_random(0, NNZ_STEPS_MAX),
        .x = check_bytes(bytes),
        .y = check_bytes_output(bytes),
        .stride = stride,
        .channels = 4 * planes - check_random(0, 3),
        .pixels = pixels,
    };
    ((nnz_steps_s8_fn)c->kernel)(&a);
    check_bytes_guards(c, a.y, bytes);
    for (size_t i = 0; i < bytes && !c->failed; i++)
        if (i % stride >= 4 * pixels)
            check_byte(c, "between planes", i, a.y[i], (int8_t)CHECK_UNTOUCHED);
        else if (i / stride * 4 + i % 4 < a.channels)
            check_byte(c, "element", i, a.y[i], stepped(a.planes + i / stride, a.count, i % 4, a.x[i]));
}

typedef struct steps_case {
    nnz_steps_s8_fn kernel;
    nnz_steps_s8 a;
} steps_case;

static void run_steps(void *context) {
    steps_case *k = context;
    k->kernel(&k->a);
}

static void steps_bench(check *c) {
    steps_case k = {(nnz_steps_s8_fn)c->kernel,
                    {.planes = (const nnz_plane_steps *)check_bytes(CHANNELS / 4 * sizeof(nnz_plane_steps)),
                     .count = 2,
                     .x = check_bytes(ELEMENTS),
                     .y = check_bytes_output(ELEMENTS),
                     .stride = 4 * PIXELS,
                     .channels = CHANNELS,
                     .pixels = PIXELS}};
    check_rate(c, "384 x 128", run_steps, &k, ELEMENTS, "element");
}

const check_test check_steps_s8 = {
    .family = NNZ_FAMILY_STEPS_S8, .rounds = 300, .round = steps_round, .bench = steps_bench};
