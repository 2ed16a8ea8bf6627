/*
 * Runs a model on an operating system: the host layer reads the file, allocates and plans.
 *
 *   cc examples/run.c $(pkg-config --cflags --libs nnz) -o run
 *   ./run model.nnz
 *
 * Inputs are zeros; the first values of every output are printed.
 */
#include <nnz.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_PORTS = 16 };

static void print_output(const nnz_info *info, const void *data) {
    size_t n = info->bytes / nnz_dtype_size(info->dtype);
    printf("%s:", info->name);
    if (info->dtype != NNZ_FLOAT32) {
        printf(" %zu values that are not float32\n", n);
        return;
    }
    for (size_t i = 0; i < n && i < 10; i++)
        printf(" %g", (double)((const float *)data)[i]);
    printf(n > 10 ? " ...\n" : "\n");
}

int main(int argc, char **argv) {
    nnz_program *program = NULL;
    nnz_error error;
    if (argc != 2) {
        fprintf(stderr, "usage: %s model.nnz\n", argv[0]);
        return 2;
    }
    if (nnz_load(&program, argv[1], 1, &error) != NNZ_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    const nnz_model *model = nnz_program_model(program);
    size_t inputs = nnz_input_count(model), outputs = nnz_output_count(model);
    void *x[MAX_PORTS] = {0}, *y[MAX_PORTS] = {0};
    nnz_info info;
    int result = inputs > MAX_PORTS || outputs > MAX_PORTS;
    for (size_t i = 0; i < inputs && !result; i++) {
        nnz_input_info(model, i, &info);
        x[i] = calloc(1, info.bytes);
        result = x[i] == NULL;
    }
    for (size_t i = 0; i < outputs && !result; i++) {
        nnz_output_info(model, i, &info);
        y[i] = calloc(1, info.bytes);
        result = y[i] == NULL;
    }
    if (result) {
        fprintf(stderr, "too many inputs or outputs, or out of memory\n");
    } else if (nnz_run(nnz_program_session(program), (const void *const *)x, y, &error) != NNZ_OK) {
        fprintf(stderr, "%s\n", error.message);
        result = 1;
    } else {
        for (size_t i = 0; i < outputs; i++) {
            nnz_output_info(model, i, &info);
            print_output(&info, y[i]);
        }
    }
    for (size_t i = 0; i < MAX_PORTS; i++) {
        free(x[i]);
        free(y[i]);
    }
    nnz_free(program);
    return result;
}
