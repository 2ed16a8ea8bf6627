/*
 * Runs a model on the arrays of one file, one input after the other, and writes its outputs to another likewise:
 *
 *   nnz_run_model MODEL.nnz INPUTS OUTPUTS
 *
 * The level is that of NNZ_CPU, and is printed.
 */
#include "nnz.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_PORTS = 16 };

typedef nnz_status info_function(const nnz_model *model, size_t i, nnz_info *info);

/* Memory for each input or output. */
static void allocate(const nnz_model *model, size_t count, info_function *info_of, void *arrays[MAX_PORTS]) {
    nnz_info info;
    for (size_t i = 0; i < count; i++) {
        info_of(model, i, &info);
        arrays[i] = malloc(info.bytes);
        if (!arrays[i])
            exit(2);
    }
}

static bool read_inputs(const nnz_model *model, const char *path, void *arrays[MAX_PORTS]) {
    FILE *file = fopen(path, "rb");
    bool done = file != NULL;
    nnz_info info;
    for (size_t i = 0; done && i < nnz_input_count(model); i++) {
        nnz_input_info(model, i, &info);
        done = fread(arrays[i], 1, info.bytes, file) == info.bytes;
    }
    return file && !fclose(file) && done;
}

static bool write_outputs(const nnz_model *model, const char *path, void *arrays[MAX_PORTS]) {
    FILE *file = fopen(path, "wb");
    bool done = file != NULL;
    nnz_info info;
    for (size_t i = 0; done && i < nnz_output_count(model); i++) {
        nnz_output_info(model, i, &info);
        done = fwrite(arrays[i], 1, info.bytes, file) == info.bytes;
    }
    return file && !fclose(file) && done;
}

int main(int argc, char **argv) {
    nnz_program *program = NULL;
    nnz_error error;
    if (argc != 4) {
        fprintf(stderr, "usage: %s MODEL.nnz INPUTS OUTPUTS\n", argv[0]);
        return 2;
    }
    if (nnz_load(&program, argv[1], 2, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    const nnz_model *model = nnz_program_model(program);
    void *x[MAX_PORTS] = {0}, *y[MAX_PORTS] = {0};
    int result = nnz_input_count(model) > MAX_PORTS || nnz_output_count(model) > MAX_PORTS;
    if (result) {
        fprintf(stderr, "%s has more than %d inputs or outputs\n", argv[1], MAX_PORTS);
    } else {
        allocate(model, nnz_input_count(model), nnz_input_info, x);
        allocate(model, nnz_output_count(model), nnz_output_info, y);
        result = !read_inputs(model, argv[2], x) ||
                 nnz_run(nnz_program_session(program), (const void *const *)x, y, &error) ||
                 !write_outputs(model, argv[3], y);
        fprintf(result ? stderr : stdout, "%s\n", result ? "failed" : nnz_isa_name(nnz_program_isa(program)));
    }
    for (size_t i = 0; i < MAX_PORTS; i++) {
        free(x[i]);
        free(y[i]);
    }
    nnz_free(program);
    return result;
}
