/*
 * Runs a model with one thread and with several, on random inputs: the same bytes must come out. To be built with
 * ThreadSanitizer (.ci/run), which sees threads that meet without being ordered.
 *
 *   threads model.nnz
 */
#include <nnz.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PORTS = 4, MAX_BYTES = 1 << 20, THREADS = 4, RUNS = 200 };

static unsigned char inputs[MAX_PORTS][MAX_BYTES], expected[MAX_PORTS][MAX_BYTES], actual[MAX_PORTS][MAX_BYTES];

static nnz_program *load(const char *path, uint32_t threads) {
    nnz_program *program;
    nnz_error error;
    if (nnz_load(&program, path, threads, &error) != NNZ_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(2);
    }
    return program;
}

/* Fractions for floats; 0 and 1 otherwise, which every type has. */
static void fill(const nnz_info *info, unsigned char *bytes) {
    for (size_t i = 0; i < info->bytes / nnz_dtype_size(info->dtype); i++) {
        float x = (float)rand() / (float)RAND_MAX - 0.5f;
        if (info->dtype == NNZ_FLOAT32)
            memcpy(bytes + 4 * i, &x, sizeof x);
        else
            bytes[i * nnz_dtype_size(info->dtype)] = x > 0;
    }
}

static void run(nnz_program *program, unsigned char outputs[MAX_PORTS][MAX_BYTES]) {
    const void *x[MAX_PORTS];
    void *y[MAX_PORTS];
    nnz_error error;
    for (int i = 0; i < MAX_PORTS; i++) {
        x[i] = inputs[i];
        y[i] = outputs[i];
    }
    if (nnz_run(nnz_program_session(program), x, y, &error) != NNZ_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(2);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: threads model.nnz\n");
        return 2;
    }
    nnz_program *one = load(argv[1], 1), *several = load(argv[1], THREADS);
    const nnz_model *model = nnz_program_model(one);
    nnz_info info;
    if (nnz_input_count(model) > MAX_PORTS || nnz_output_count(model) > MAX_PORTS) {
        fprintf(stderr, "more than %d inputs or outputs\n", MAX_PORTS);
        return 2;
    }
    int differing = 0;
    for (int r = 0; r < RUNS; r++) {
        for (size_t i = 0; i < nnz_input_count(model); i++) {
            nnz_input_info(model, i, &info);
            if (info.bytes > MAX_BYTES)
                return fprintf(stderr, "an input of more than %d bytes\n", MAX_BYTES), 2;
            fill(&info, inputs[i]);
        }
        run(one, expected);
        run(several, actual);
        for (size_t i = 0; i < nnz_output_count(model); i++) {
            nnz_output_info(model, i, &info);
            differing += memcmp(expected[i], actual[i], info.bytes) != 0;
        }
    }
    printf("%s: %d runs with %d threads, %d outputs differ\n", argv[1], RUNS, THREADS, differing);
    nnz_free(one);
    nnz_free(several);
    return differing != 0;
}
