/* expand_*: exactly the products that docs/FORMAT.md section 5 asks for. */
#include "narrow.h"

#include <stdio.h>

static nnz_expand arguments(const check_narrow *k) {
    return (nnz_expand){
        .values = k->values,
        .first = k->first,
        .count = k->count,
        .runs = k->runs,
        .height = k->height,
        .share = k->share,
        .scale = k->scale,
        .y = check_output(k->blocks * k->height + CHECK_NARROW_SLACK / sizeof(float), check_random(0, 15)),
    };
}

static void expand_round(check *c) {
    const uint32_t bits = (uint32_t)c->form;
    static const uint32_t heights[] = {1, 4, 8};
    const uint32_t height = heights[check_random(0, 2)];
    check_narrow k;
    check_narrow_make(&k, bits, height, check_random(1, 12), check_chance(20) ? 256 : 40, false);
    const nnz_expand a = arguments(&k);
    ((nnz_expand_fn)c->kernel)(&a);
    check_guards(c, a.y);
    char what[100];
    snprintf(what, sizeof what, "%u bits, blocks of %u, shares of %u, %u runs", bits, height, k.share, k.runs);
    size_t block = 0, share = 0;
    for (uint32_t r = 0; r < k.runs; block += k.count[r], share += check_narrow_shares(&k, r), r++)
        for (uint32_t i = 0; i < k.count[r] * height; i++) {
            const float expected = check_narrow_value(&k, r, block, share, i / height, i % height);
            check_close(c, what, block * height + i, a.y[block * height + i], expected, 0);
        }
}

typedef struct expand_case {
    nnz_expand_fn kernel;
    nnz_expand a;
} expand_case;

static void run_expand(void *context) {
    const expand_case *b = context;
    b->kernel(&b->a);
}

static void expand_bench(check *c) {
    static const uint32_t heights[] = {1, 8};
    for (int i = 0; i < 2; i++) {
        check_narrow k;
        check_narrow_make(&k, (uint32_t)c->form, heights[i], 256 / heights[i], 50, false);
        expand_case b = {(nnz_expand_fn)c->kernel, arguments(&k)};
        char label[64];
        snprintf(label, sizeof label, "runs of about 25 blocks of %u", heights[i]);
        check_rate(c, label, run_expand, &b, (double)k.blocks * heights[i], "value");
    }
}

const check_test check_expand_f16 = {NNZ_FAMILY_EXPAND_F16, 400, expand_round, expand_bench, 16};
const check_test check_expand_s8 = {NNZ_FAMILY_EXPAND_S8, 400, expand_round, expand_bench, 8};
const check_test check_expand_s4 = {NNZ_FAMILY_EXPAND_S4, 400, expand_round, expand_bench, 4};
