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
} depthwise_plan;

static bool read_shape(const nnz_op *op, nnz_map *in, nnz_map *out, nnz_window *w) {
    return nnz_map_of(nnz_op_input(op, X), in) && nnz_map_of(nnz_op_output(op, 0), out) &&
           nnz_op_input(op, X)->rank == nnz_op_output(op, 0)->rank && nnz_window_of(op->params, w);
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_map in, out;
    nnz_window w;
    nnz_status status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error);
    if (!status)
        status = nnz_op_check_float(op, X, error);
    if (status)
        return status;
    if (!read_shape(op, &in, &out, &w))
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

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)op, (void)config;
    return sizeof(depthwise_plan);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    enum { TASK_ELEMENTS = 1 << 14 };
    depthwise_plan *p = memory;
    read_shape(op, &p->in, &p->out, &p->window);
    if (nnz_op_input(op, WEIGHTS)->dtype == NNZ_FLOAT16)
        needs->scratch = (size_t)p->window.kernel_h * p->window.kernel_w * sizeof(float);
    p->planes_per_task = 1 + (uint32_t)(TASK_ELEMENTS / ((size_t)p->out.h * p->out.w));
    return nnz_activation_plan(op, config, SLOPE, &p->activation, error);
}

typedef struct depthwise_run {
    const nnz_exec *exec;
    const depthwise_plan *plan;
    nnz_depthwise_f32_fn kernel;
    nnz_activation activation;
    const float *x, *bias, *residual;
    float *y;
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

static void task(void *context, uint32_t i, uint32_t worker) {
    const depthwise_run *run = context;
    const depthwise_plan *p = run->plan;
    size_t in_plane = (size_t)p->in.h * p->in.w, out_plane = (size_t)p->out.h * p->out.w;
    uint32_t planes = p->out.n * p->out.c, multiplier = p->out.c / p->in.c;
    uint32_t begin = i * p->planes_per_task,
             end = begin + p->planes_per_task < planes ? begin + p->planes_per_task : planes;
    nnz_depthwise_f32 a = {
        .lo = run->activation.lo,
        .hi = run->activation.hi,
        .height = p->in.h,
        .width = p->in.w,
        .out_height = p->out.h,
        .out_width = p->out.w,
        .kernel_h = p->window.kernel_h,
        .kernel_w = p->window.kernel_w,
        .stride_h = p->window.stride_h,
        .stride_w = p->window.stride_w,
        .dilation_h = p->window.dilation_h,
        .dilation_w = p->window.dilation_w,
        .pad_top = p->window.pad_top,
        .pad_left = p->window.pad_left,
    };
    for (uint32_t plane = begin; plane < end; plane++) {
        uint32_t channel = plane % p->out.c, image = plane / p->out.c;
        a.x = run->x + (image * (size_t)p->in.c + channel / multiplier) * in_plane;
        a.w = channel_weights(run, channel, nnz_exec_scratch(run->exec, worker));
        a.bias = run->bias ? run->bias[channel] : 0;
        a.residual = run->residual ? run->residual + plane * out_plane : NULL;
        a.y = run->y + plane * out_plane;
        run->kernel(&a);
        nnz_activation_run(&run->activation, channel, a.y, out_plane);
    }
}

static void run(const nnz_exec *exec) {
    const depthwise_plan *p = exec->plan;
    depthwise_run r = {
        .exec = exec,
        .plan = p,
        .kernel = (nnz_depthwise_f32_fn)exec->kernel->function,
        .activation = nnz_activation_of(exec->op, SLOPE, p->activation),
        .bias = nnz_exec_input(exec, BIAS),
        .x = nnz_exec_input(exec, X),
        .residual = nnz_exec_input(exec, RESIDUAL),
        .y = nnz_exec_output(exec, 0),
    };
    uint32_t planes = p->out.n * p->out.c;
    nnz_exec_parallel(exec, task, &r, (planes + p->planes_per_task - 1) / p->planes_per_task);
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
    .in_place = in_place,
};
