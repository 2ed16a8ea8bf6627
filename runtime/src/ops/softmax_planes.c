#include "softmax_planes.h"

#include "window.h"

enum { X, CHANNELS_MAX = 65536, TASK_PIXELS = 64 };

nnz_status nnz_softmax_planes_check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_activation(op, false, error)) || (status = nnz_op_check_planes4(op, X, error)) ||
        (status = nnz_op_check_alike(op, X, error)))
        return status;
    return nnz_op_input(op, X)->dims[1] <= CHANNELS_MAX ? NNZ_OK
                                                        : nnz_op_fail(op, error, "it must have at most 65536 channels");
}

nnz_status nnz_softmax_planes_plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                                   nnz_error *error) {
    (void)memory, (void)error;
    const uint64_t channels = ((uint64_t)nnz_op_input(op, X)->dims[1] + 3) / 4 * 4;
    needs->scratch = nnz_isa_is_small(config->isa) ? 0 : channels * NNZ_LINE * sizeof(float);
    return NNZ_OK;
}

typedef struct softmax_run {
    const nnz_exec *exec;
    uint32_t pixels, tiles; /* of an image */
    nnz_softmax_s8 all;
} softmax_run;

/* Task i: some pixels of an image. */
static void task(void *context, uint32_t i, uint32_t worker) {
    const softmax_run *run = context;
    const uint32_t image = i / run->tiles, pixel = i % run->tiles * TASK_PIXELS;
    const size_t offset = image * run->all.stride * nnz_ceil_div(run->all.channels, 4) + 4 * (size_t)pixel;
    nnz_softmax_s8 part = run->all;
    part.x += offset;
    part.y += offset;
    part.pixels = (uint32_t)nnz_min(run->pixels - pixel, TASK_PIXELS);
    part.scratch = nnz_isa_is_small(run->exec->config->isa) ? NULL : nnz_exec_scratch(run->exec, worker);
    ((nnz_softmax_s8_fn)run->exec->kernel->function)(&part);
}

void nnz_softmax_planes_run(const nnz_exec *exec, nnz_softmax_s8 all) {
    nnz_map map;
    nnz_map_of(nnz_op_input(exec->op, X), &map);
    const uint32_t pixels = map.h * map.w;
    softmax_run run = {exec, pixels, nnz_ceil_div(pixels, TASK_PIXELS), all};
    run.all.x = nnz_exec_input(exec, X);
    run.all.y = nnz_exec_output(exec, 0);
    run.all.stride = 4 * (size_t)pixels;
    run.all.channels = map.c;
    nnz_exec_parallel(exec, task, &run, map.n * run.tiles);
}

/* Each pixel's maximum is known before its results are written, each of which is made of its own channel. */
bool nnz_softmax_planes_in_place(const nnz_op *op, uint32_t i) {
    (void)op;
    return i == X;
}
