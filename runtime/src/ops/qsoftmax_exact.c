/* qsoftmax_exact: over the channels of each pixel, every float32 step as onnxruntime takes it. */
#include "quantized.h"
#include "window.h"

enum { X, INPUTS };
enum { SX, ZX, SY, ZY, PARAMS };
enum { CHANNELS_MAX = 65536, TASK_PIXELS = 64 };
static const float SX_MIN = 0x1p-60f, SX_MAX = 0x1p60f, SY_MIN = 0x1p-16f, SY_MAX = 1;

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error)) ||
        (status = nnz_op_check_activation(op, false, error)) || (status = nnz_op_check_planes4(op, X, error)) ||
        (status = nnz_op_check_alike(op, X, error)) || (status = nnz_op_check_zero_point(op, ZX, error)) ||
        (status = nnz_op_check_zero_point(op, ZY, error)))
        return status;
    if (nnz_op_input(op, X)->dims[1] > CHANNELS_MAX)
        return nnz_op_fail(op, error, "it must have at most 65536 channels");
    const float x = nnz_float(op->params[SX]), y = nnz_float(op->params[SY]);
    return x >= SX_MIN && x <= SX_MAX && y >= SY_MIN && y <= SY_MAX
               ? NNZ_OK
               : nnz_op_fail(op, error, "the scale of x must be in [2^-60, 2^60], that of y in [2^-16, 1]");
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    (void)memory, (void)error;
    const uint64_t channels = ((uint64_t)nnz_op_input(op, X)->dims[1] + 3) / 4 * 4;
    needs->scratch = nnz_isa_is_small(config->isa) ? 0 : channels * NNZ_LINE * sizeof(float);
    return NNZ_OK;
}

typedef struct qsoftmax_exact_run {
    const nnz_exec *exec;
    nnz_map map;
    uint32_t tiles;
    nnz_softmax_exact_s8 all;
} qsoftmax_exact_run;

/* Task i: some pixels of an image. */
static void task(void *context, uint32_t i, uint32_t worker) {
    const qsoftmax_exact_run *run = context;
    const uint32_t image = i / run->tiles, pixel = i % run->tiles * TASK_PIXELS, pixels = run->map.h * run->map.w;
    const size_t offset = image * run->all.stride * nnz_ceil_div(run->map.c, 4) + 4 * (size_t)pixel;
    nnz_softmax_exact_s8 part = run->all;
    part.x += offset;
    part.y += offset;
    part.pixels = (uint32_t)nnz_min(pixels - pixel, TASK_PIXELS);
    part.scratch = nnz_isa_is_small(run->exec->config->isa) ? NULL : nnz_exec_scratch(run->exec, worker);
    ((nnz_softmax_exact_s8_fn)run->exec->kernel->function)(&part);
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    qsoftmax_exact_run r = {.exec = exec};
    nnz_map_of(nnz_op_input(op, X), &r.map);
    const uint32_t pixels = r.map.h * r.map.w;
    r.tiles = nnz_ceil_div(pixels, TASK_PIXELS);
    r.all = (nnz_softmax_exact_s8){
        .x = nnz_exec_input(exec, X),
        .y = nnz_exec_output(exec, 0),
        .stride = 4 * (size_t)pixels,
        .channels = r.map.c,
        .scale_x = nnz_float(op->params[SX]),
        .scale_y = nnz_float(op->params[SY]),
        .zero_x = nnz_op_signed(op, ZX),
        .zero_y = nnz_op_signed(op, ZY),
    };
    nnz_exec_parallel(exec, task, &r, r.map.n * r.tiles);
}

/* Each pixel's maximum is known before its results are written, each of which is made of its own channel. */
static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op;
    return i == X;
}

const nnz_op_impl nnz_op_qsoftmax_exact = {
    .kind = NNZ_OP_QSOFTMAX_EXACT,
    .planes4 = true,
    .name = "qsoftmax_exact",
    .check = check,
    .family = NNZ_FAMILY_SOFTMAX_EXACT_S8,
    .plan = plan,
    .run = run,
    .in_place = in_place,
};
