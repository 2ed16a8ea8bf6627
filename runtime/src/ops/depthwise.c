/* Depthwise convolution, plane by plane. */
#include "../half.h"
#include "activation.h"
#include "window.h"
#include "work.h"

enum { X, WEIGHTS, BIAS, RESIDUAL, SLOPE, INPUTS };
enum { PARAMS = 10 };

typedef struct depthwise_plan {
    nnz_map in, out;
    nnz_window window;
    uint32_t activation; /* position of its kernel */
    uint32_t planes_per_task;
    uint32_t x_stride, y_stride, residual_stride; /* elements between planes of whole tensors */
} depthwise_plan;

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_map in, out;
    nnz_window w;
    nnz_status status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error);
    if (!status)
        status = nnz_op_check_float(op, X, error);
    if (status)
        return status;
    if (!nnz_window_shape(op, op->params, &in, &out, &w))
        return nnz_op_fail(op, error, "x and y must be of one rank, 2 to 4, and the window in range");
    if (out.c % in.c || nnz_op_output(op, 0)->dtype != NNZ_FLOAT32)
        return nnz_op_fail(op, error, "y must be float32, its channels a multiple of x's");
    status = nnz_window_check(op, &w, &in, &out, error);
    if (!status)
        status = nnz_residual_check(op, RESIDUAL, error);
    const nnz_tensor_record *weights = nnz_op_input(op, WEIGHTS);
    const nnz_dtype dtype = weights && weights->dtype == NNZ_FLOAT16 ? NNZ_FLOAT16 : NNZ_FLOAT32;
    if (!status)
        status = nnz_op_check_constant(op, WEIGHTS, dtype, (size_t)out.c * w.kernel_h * w.kernel_w, false, error);
    if (!status)
        status = nnz_op_check_constant(op, BIAS, NNZ_FLOAT32, out.c, true, error);
    return status ? status : nnz_activation_check(op, SLOPE, out.c, error);
}

/* Planes that are worth a task, or a call of the kernel, with so many rows of each. */
static uint32_t most_planes(const nnz_map *out, uint32_t rows) {
    enum { ELEMENTS = 1 << 14 };
    return 1 + (uint32_t)(ELEMENTS / ((size_t)rows * out->w));
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)op, (void)config;
    return sizeof(depthwise_plan);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    depthwise_plan *p = memory;
    nnz_window_shape(op, op->params, &p->in, &p->out, &p->window);
    if (nnz_op_input(op, WEIGHTS)->dtype == NNZ_FLOAT16)
        needs->scratch = (size_t)p->window.kernel_h * p->window.kernel_w * sizeof(float);
    p->x_stride = (uint32_t)nnz_plane_stride(op->model, op->inputs[X], config->isa);
    p->y_stride = (uint32_t)nnz_plane_stride(op->model, op->outputs[0], config->isa);
    if (op->inputs[RESIDUAL] != NNZ_NONE)
        p->residual_stride = (uint32_t)nnz_plane_stride(op->model, op->inputs[RESIDUAL], config->isa);
    p->planes_per_task = most_planes(&p->out, p->out.h);
    return nnz_activation_plan(op, config, SLOPE, &p->activation, error);
}

typedef struct depthwise_run {
    const nnz_exec *exec;
    const depthwise_plan *plan;
    nnz_depthwise_f32_fn kernel;
    nnz_activation activation;
    nnz_rows rows;
    const float *bias, *residual;
} depthwise_run;

/* The weights of a channel as float32, widened into scratch if need be. */
static const float *channel_weights(const depthwise_run *run, uint32_t channel, float *scratch) {
    const size_t taps = (size_t)run->plan->window.kernel_h * run->plan->window.kernel_w;
    const void *weights = nnz_exec_input(run->exec, WEIGHTS);
    if (nnz_op_input(run->exec->op, WEIGHTS)->dtype == NNZ_FLOAT32)
        return (const float *)weights + channel * taps;
    for (size_t k = 0; k < taps; k++)
        scratch[k] = nnz_half(((const uint16_t *)weights)[channel * taps + k]);
    return scratch;
}

/* A band of some channels; of one, unless each has its own plane of x and weights that need no widening. */
static void run_planes(const depthwise_run *run, const nnz_band *band, uint32_t channel, uint32_t count) {
    const depthwise_plan *p = run->plan;
    const nnz_rows *rows = &run->rows;
    const uint32_t first = nnz_rows_first(rows, band->begin), multiplier = p->out.c / p->in.c;
    const uint64_t above = (uint64_t)band->begin * p->window.stride_h; /* rows, padding among them */
    const size_t at = (size_t)band->begin * p->out.w;
    const size_t plane = band->image * (size_t)p->out.c + channel;
    nnz_depthwise_f32 a = {
        .x = (const float *)(void *)(band->x.row0 + channel / multiplier * band->x.stride + first * rows->in_bytes),
        .w = channel_weights(run, channel, nnz_exec_scratch(run->exec, band->worker)),
        .residual = run->residual ? run->residual + plane * p->residual_stride + at : NULL,
        .y = (float *)(void *)(band->y.row0 + channel * band->y.stride) + at,
        .bias = run->bias ? run->bias + channel : NULL,
        .planes = count,
        .x_stride = band->x.stride / sizeof(float),
        .y_stride = band->y.stride / sizeof(float),
        .residual_stride = p->residual_stride,
        .lo = run->activation.lo,
        .hi = run->activation.hi,
        .height = nnz_rows_end(rows, band->end) - first,
        .width = p->in.w,
        .out_height = band->end - band->begin,
        .out_width = p->out.w,
        .kernel_h = p->window.kernel_h,
        .kernel_w = p->window.kernel_w,
        .stride_h = p->window.stride_h,
        .stride_w = p->window.stride_w,
        .dilation_h = p->window.dilation_h,
        .dilation_w = p->window.dilation_w,
        .pad_top = above < p->window.pad_top ? p->window.pad_top - (uint32_t)above : 0,
        .pad_left = p->window.pad_left,
    };
    run->kernel(&a);
    nnz_activation_rows(&run->activation, channel, count, a.y, a.y_stride, a.out_height * (size_t)a.out_width);
}

/* A band of channels [begin, end), as far as there are so many. */
static void run_channels(const depthwise_run *run, const nnz_band *band, uint32_t begin, uint32_t end) {
    const nnz_map *out = &run->plan->out;
    const bool together = out->c == run->plan->in.c && nnz_op_input(run->exec->op, WEIGHTS)->dtype == NNZ_FLOAT32;
    const uint32_t most = together ? most_planes(out, band->end - band->begin) : 1,
                   last = (uint32_t)nnz_min(end, out->c);
    for (; begin < last; begin += most)
        run_planes(run, band, begin, (uint32_t)nnz_min(last - begin, most));
}

static void task(void *context, uint32_t i, uint32_t worker) {
    const depthwise_run *run = context;
    const depthwise_plan *p = run->plan;
    const uint32_t tasks = nnz_ceil_div(p->out.c, p->planes_per_task); /* of an image */
    const uint32_t image = i / tasks, channel = i % tasks * p->planes_per_task;
    const nnz_band band = {
        .image = image,
        .end = p->out.h,
        .x = nnz_planes_of(nnz_exec_input(run->exec, X), &p->in, p->x_stride, image),
        .y = nnz_planes_of(nnz_exec_output(run->exec, 0), &p->out, p->y_stride, image),
        .worker = worker,
    };
    run_channels(run, &band, channel, channel + p->planes_per_task);
}

static depthwise_run begin(const nnz_exec *exec) {
    const depthwise_plan *p = exec->plan;
    depthwise_run r = {
        .exec = exec,
        .plan = p,
        .kernel = (nnz_depthwise_f32_fn)exec->kernel->function,
        .activation = nnz_activation_of(exec->op, SLOPE, p->activation),
        .bias = nnz_exec_input(exec, BIAS),
        .residual = nnz_exec_input(exec, RESIDUAL),
    };
    nnz_window_rows(&p->in, &p->out, &p->window, &r.rows);
    return r;
}

static void run(const nnz_exec *exec) {
    depthwise_run r = begin(exec);
    const uint32_t most = r.plan->planes_per_task;
    nnz_exec_parallel(exec, task, &r, r.plan->out.n * nnz_ceil_div(r.plan->out.c, most));
}

static bool rows(const nnz_op *op, nnz_rows *rows) {
    nnz_map in, out;
    nnz_window window;
    nnz_window_shape(op, op->params, &in, &out, &window);
    const bool possible = nnz_window_rows(&in, &out, &window, rows);
    rows->residual = nnz_op_input(op, RESIDUAL);
    return possible;
}

static void run_band(const nnz_exec *exec, const nnz_band *band) {
    const depthwise_run r = begin(exec);
    run_channels(&r, band, 0, r.plan->out.c);
}

/* Each output is written after its own residual was read. */
static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op;
    return i == RESIDUAL;
}

const nnz_op_impl nnz_op_depthwise = {
    .kind = NNZ_OP_DEPTHWISE,
    .name = "depthwise",
    .check = check,
    .family = NNZ_FAMILY_DEPTHWISE_F32,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .rows = NNZ_ONLY_SMALL ? NULL : rows,
    .run_band = NNZ_ONLY_SMALL ? NULL : run_band,
    .in_place = in_place,
};
