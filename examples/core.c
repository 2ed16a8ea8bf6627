/*
 * Runs a model with the core alone, as firmware does: all memory is static, nothing is allocated. Only reading the
 * model from standard input and printing are not for firmware, where the model is an array in flash.
 *
 *   cc examples/core.c $(pkg-config --cflags --libs nnz) -o core
 *   ./core < digits.nnz
 *
 * The input is a ramp from 0 to 1; the largest of the output's values is printed.
 */
#include <nnz.h>
#include <stdalign.h>
#include <stdio.h>

static alignas(NNZ_ALIGNMENT) unsigned char file[1 << 20];
static alignas(NNZ_ALIGNMENT) unsigned char plan_memory[64 << 10];
static alignas(NNZ_ALIGNMENT) unsigned char arena[1 << 20];

static int fail(const char *what, const nnz_error *error) {
    fprintf(stderr, "%s: %s\n", what, error->message);
    return 1;
}

int main(void) {
    nnz_error error;
    nnz_model model;
    nnz_plan *plan;
    nnz_session *session;
    const nnz_config config = {NNZ_ISA_SCALAR, 1};

    size_t size = fread(file, 1, sizeof file, stdin);
    if (nnz_open(&model, file, size, nnz_registry_all(), &error) != NNZ_OK)
        return fail("model", &error);
    if (nnz_plan_init(&plan, &model, &config, plan_memory, sizeof plan_memory, &error) != NNZ_OK)
        return fail("plan", &error);
    if (nnz_session_init(&session, plan, arena, sizeof arena, NULL, &error) != NNZ_OK)
        return fail("session", &error);

    nnz_info in, out;
    nnz_input_info(&model, 0, &in);
    nnz_output_info(&model, 0, &out);
    if (nnz_input_count(&model) != 1 || nnz_output_count(&model) != 1 || in.dtype != NNZ_FLOAT32 ||
        out.dtype != NNZ_FLOAT32) {
        fprintf(stderr, "expected a model from one float32 input to one float32 output\n");
        return 1;
    }
    float *x = nnz_input_data(session, 0);
    size_t n = in.bytes / sizeof(float);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)i / (float)n;
    const void *inputs[1] = {NULL}; /* was written in place */
    void *outputs[1] = {NULL};      /* is read in place */
    if (nnz_run(session, inputs, outputs, &error) != NNZ_OK)
        return fail("run", &error);

    const float *y = nnz_output_data(session, 0);
    size_t best = 0;
    for (size_t i = 1; i < out.bytes / sizeof(float); i++)
        best = y[i] > y[best] ? i : best;
    printf("%s[%zu] = %g; plan %zu bytes, arena %zu bytes\n", out.name, best, (double)y[best],
           nnz_plan_size(&model, &config), nnz_arena_size(plan));
    return 0;
}
