/* nnz_check: checks, and with --bench times, every kernel that this CPU can run. Exit code 1 where one is wrong. */
#include "check.h"

#include "op.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const check_test *const tests[] = {
    &check_unary,
    &check_binary,
    &check_softmax,
    &check_reduce,
    &check_layernorm,
    &check_pool,
    &check_resize,
    &check_winograd_input,
    &check_winograd_output,
    &check_pack,
    &check_depthwise,
    &check_spmm_dense,
    &check_spmm_u1,
    &check_spmm_u1_pairs,
    &check_spmm_rb4,
    &check_matvec_dense,
    &check_matvec_u1,
    &check_matvec_f8x1,
    &check_pack_s8,
    &check_spmm_s8_dense,
    &check_spmm_s8_u1,
    &check_spmm_s8_q1x4,
    &check_matvec_s8_dense,
    &check_matvec_s8_u1,
    &check_matvec_s8_q8x4,
    &check_depthwise_s8,
    &check_pool_s8,
    &check_average_s8,
    &check_add_s8,
    &check_mul_s8,
    &check_lut_s8,
    &check_lut_planes_s8,
    &check_steps_s8,
    &check_rescale_s8,
    &check_quantize,
    &check_dequantize,
    &check_affine_s8,
    &check_layernorm_s8,
    &check_expand_f16,
    &check_expand_s8,
    &check_expand_s4,
    &check_matmul_s8,
    &check_softmax_s8,
    &check_affine_exact_s8,
    &check_layernorm_exact_s8,
    &check_softmax_exact_s8,
    &check_matvec_narrow_f16,
    &check_matvec_narrow_s8,
    &check_matvec_narrow_s4,
};

typedef struct options {
    uint64_t seed;
    const char *filter;
    const char *isa;
    int rounds;
    bool bench;
} options;

static const char usage[] = "usage: nnz_check [--seed N] [--rounds N] [--filter NAME] [--isa NAME] [--bench]\n"
                            "  --seed N        of the random cases; 1 unless told\n"
                            "  --rounds N      at most so many cases for a kernel\n"
                            "  --filter NAME   only kernels whose name contains NAME\n"
                            "  --isa NAME      only variants for scalar, avx2, avx512, ...\n"
                            "  --bench         time them too\n";

static bool parse(int argc, char **argv, options *o) {
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--bench")) {
            o->bench = true;
            continue;
        }
        if (!value)
            return false;
        if (!strcmp(argv[i], "--seed"))
            o->seed = strtoull(value, NULL, 10);
        else if (!strcmp(argv[i], "--rounds"))
            o->rounds = atoi(value);
        else if (!strcmp(argv[i], "--filter"))
            o->filter = value;
        else if (!strcmp(argv[i], "--isa"))
            o->isa = value;
        else
            return false;
        i++;
    }
    return true;
}

static const check_test *find_test(nnz_family family) {
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (tests[i]->family == family)
            return tests[i];
    return NULL;
}

/* Every variant of a family gets the same cases. */
static bool check_kernel(const nnz_kernel *kernel, const options *o) {
    const check_test *test = find_test(kernel->family);
    check c = {.kernel = kernel->function, .name = kernel->name, .form = test ? test->form : 0};
    if (!test) {
        printf("%-28s FAILED: no test for family %d\n", kernel->name, (int)kernel->family);
        return false;
    }
    const int rounds = o->rounds < test->rounds ? o->rounds : test->rounds;
    for (int round = 0; round < rounds && !c.failed; round++) {
        check_seed(o->seed + (uint64_t)round * 1000003);
        test->round(&c);
        check_free_all();
        if (c.failed)
            printf("%-28s FAILED in round %d: %s\n", kernel->name, round, c.message);
    }
    if (!c.failed)
        printf("%-28s ok\n", kernel->name);
    if (o->bench && !c.failed) {
        check_seed(o->seed);
        test->bench(&c);
        check_free_all();
    }
    return !c.failed;
}

int main(int argc, char **argv) {
    options o = {.seed = 1, .rounds = INT_MAX};
    if (!parse(argc, argv, &o)) {
        fputs(usage, stderr);
        return 2;
    }
    printf("seed %llu, this CPU: %s\n", (unsigned long long)o.seed, nnz_isa_name(nnz_cpu_isa()));
    int checked = 0, failed = 0;
    for (const nnz_kernel *const *at = nnz_registry_all()->kernels; *at; at++) {
        const nnz_kernel *k = *at;
        if ((o.filter && !strstr(k->name, o.filter)) || (o.isa && strcmp(o.isa, nnz_isa_name(k->isa))))
            continue;
        if (!nnz_cpu_has(k->isa)) {
            printf("%-28s skipped: this CPU lacks %s\n", k->name, nnz_isa_name(k->isa));
            continue;
        }
        checked++;
        failed += !check_kernel(k, &o);
    }
    printf("%d kernels checked, %d failed\n", checked, failed);
    if (!checked)
        fputs("nothing checked: no kernel matches --filter and --isa on this CPU\n", stderr);
    return failed || !checked;
}
