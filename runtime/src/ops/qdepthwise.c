/* int8 depthwise convolution, plane by plane. For vectors each is copied into a frame of x's zero point, so that the
 * kernel sees no border. */
#include "epilogue.h"
#include "quantized.h"
#include "requantized.h"
#include "window.h"

#include <string.h>

enum { X, WEIGHTS, BIAS, MULTIPLIER, RESIDUAL };
enum { ZX = 10, REQUANTIZED, PARAMS = REQUANTIZED + 4 };
enum { TAPS_MAX = 65536 };

typedef struct qdepthwise_shape {
    nnz_map in, out;
    nnz_window window;
    size_t frame_width, frame_bytes;
    uint32_t planes; /* of an image */
} qdepthwise_shape;

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_map in, out;
    nnz_window w;
    nnz_status status;
    if ((status = nnz_epilogue_check(op, RESIDUAL, PARAMS, error)) || (status = nnz_op_check_planes4(op, X, error)) ||
        (status = nnz_op_check_zero_point(op, ZX, error)))
        return status;
    if (!nnz_window_shape(op, op->params, &in, &out, &w))
        return nnz_op_fail(op, error, "x and y must be of one rank, and the window in range");
    if (in.c != out.c)
        return nnz_op_fail(op, error, "x and y must have the same channels");
    if ((status = nnz_window_check(op, &w, &in, &out, error)))
        return status;
    const uint64_t taps = (uint64_t)w.kernel_h * w.kernel_w;
    if (taps > TAPS_MAX)
        return nnz_op_fail(op, error, "its kernel has more than 65536 elements");
    status = nnz_op_check_constant(op, WEIGHTS, NNZ_INT8, (in.c + 3) / 4 * taps * 4, false, error);
    return status ? status : nnz_requantized_check(op, op->params + REQUANTIZED, BIAS, in.c, error);
}

static void describe(const nnz_op *op, qdepthwise_shape *s) {
    nnz_window_shape(op, op->params, &s->in, &s->out, &s->window);
    s->frame_width = (size_t)s->in.w + s->window.pad_left + s->window.pad_right;
    s->frame_bytes = 4 * s->frame_width * ((size_t)s->in.h + s->window.pad_top + s->window.pad_bottom);
    s->planes = (s->in.c + 3) / 4;
}

typedef struct qdepthwise_plan {
    nnz_epilogue_kernels epilogue;
} qdepthwise_plan;

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)op, (void)config;
    return sizeof(qdepthwise_plan);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    qdepthwise_plan *p = memory;
    qdepthwise_shape s;
    describe(op, &s);
    const nnz_window *w = &s.window;
    const uint32_t columns = nnz_depthwise_s8_columns(s.out.w, w->kernel_w, w->stride_w, w->dilation_w);
    if (nnz_isa_is_small(config->isa))
        needs->scratch = nnz_depthwise_s8_scratch(config->isa, columns, w->kernel_h, w->kernel_w, w->dilation_h);
    else
        needs->scratch = s.frame_bytes + NNZ_DEPTHWISE_S8_SLACK;
    return nnz_epilogue_plan(op, config, RESIDUAL, &p->epilogue, error);
}

typedef struct qdepthwise_work {
    const nnz_exec *exec;
    qdepthwise_shape shape;
    nnz_requantized requantized;
    nnz_epilogue epilogue;
    nnz_depthwise_s8_fn kernel;
    const int8_t *x, *weights, *residual;
    int8_t *y;
    uint32_t planes, planes_per_task; /* of all images */
} qdepthwise_work;

/* The numbers of the four channels from `first` on; those of channels that do not exist are 0. */
static void take_four(const int32_t *values, uint32_t first, uint32_t channels, int32_t four[4]) {
    for (uint32_t c = 0; c < 4; c++)
        four[c] = first + c < channels ? values[first + c] : 0;
}

/* Fills what of a frame is not x, and the slack behind it. */
static void fill_border(int8_t *frame, const qdepthwise_shape *s, int zero) {
    const nnz_window *w = &s->window;
    const size_t row = 4 * s->frame_width, left = 4 * (size_t)w->pad_left, right = 4 * (size_t)w->pad_right;
    int8_t *y = frame + w->pad_top * row, *end = frame + s->frame_bytes + NNZ_DEPTHWISE_S8_SLACK;
    memset(frame, zero, w->pad_top * row);
    for (uint32_t i = 0; i < s->in.h; i++, y += row) {
        memset(y, zero, left);
        memset(y + row - right, zero, right);
    }
    memset(y, zero, (size_t)(end - y));
}

/* Words of four bytes: rows are short, and a call of memcpy() for each takes longer. */
static void copy_words(int8_t *y, const int8_t *x, size_t words) {
    for (; words >= 4; words -= 4, x += 16, y += 16)
        memcpy(y, x, 16);
    for (; words; words--, x += 4, y += 4)
        memcpy(y, x, 4);
}

static void task(void *context, uint32_t i, uint32_t worker) {
    const qdepthwise_work *work = context;
    const qdepthwise_shape *p = &work->shape;
    const nnz_window *w = &p->window;
    const size_t row = 4 * (size_t)p->in.w, out_plane = 4 * (size_t)p->out.h * p->out.w;
    const uint32_t begin = i * work->planes_per_task,
                   end = (uint32_t)nnz_min((size_t)begin + work->planes_per_task, work->planes);
    const bool framed = !nnz_isa_is_small(work->exec->config->isa);
    int8_t *frame = nnz_exec_scratch(work->exec, worker);
    int8_t *inside = frame + 4 * (w->pad_top * p->frame_width + w->pad_left);
    int32_t bias[4], multiplier[4];
    nnz_depthwise_s8 a = {
        .x = frame,
        .scratch = frame,
        .ldx = framed ? p->frame_width : p->in.w,
        .bias = bias,
        .multiplier = multiplier,
        .shift = work->requantized.shift,
        .zero = work->requantized.zero,
        .lo = work->requantized.lo,
        .hi = work->requantized.hi,
        .height = p->in.h,
        .width = p->in.w,
        .out_height = p->out.h,
        .out_width = p->out.w,
        .kernel_h = w->kernel_h,
        .kernel_w = w->kernel_w,
        .stride_h = w->stride_h,
        .stride_w = w->stride_w,
        .dilation_h = w->dilation_h,
        .dilation_w = w->dilation_w,
        .pad_top = w->pad_top,
        .pad_left = w->pad_left,
        .zero_x = (int8_t)work->exec->op->params[ZX],
    };
    if (framed) {
        a.height += w->pad_top + w->pad_bottom;
        a.width += w->pad_left + w->pad_right;
        a.pad_top = a.pad_left = 0;
        fill_border(frame, p, a.zero_x);
    }
    for (uint32_t plane = begin; plane < end; plane++) {
        const int8_t *x = work->x + plane * row * p->in.h;
        for (uint32_t y = 0; framed && y < p->in.h; y++)
            copy_words(inside + 4 * y * p->frame_width, x + y * row, p->in.w);
        take_four(work->requantized.bias, plane % p->planes * 4, p->in.c, bias);
        take_four(work->requantized.multiplier, plane % p->planes * 4, p->in.c, multiplier);
        if (!framed)
            a.x = x;
        a.w = work->weights + (size_t)(plane % p->planes) * w->kernel_h * w->kernel_w * 4;
        a.y = work->y + plane * out_plane;
        work->kernel(&a);
        nnz_epilogue_run(&work->epilogue, a.y, work->residual ? work->residual + plane * out_plane : NULL, a.y,
                         out_plane);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const qdepthwise_plan *p = exec->plan;
    qdepthwise_work work = {
        .exec = exec,
        .requantized = nnz_requantized_of(op, op->params + REQUANTIZED, BIAS),
        .epilogue = nnz_epilogue_of(op, RESIDUAL, PARAMS, &p->epilogue),
        .kernel = (nnz_depthwise_s8_fn)exec->kernel->function,
        .x = nnz_exec_input(exec, X),
        .weights = nnz_exec_input(exec, WEIGHTS),
        .residual = nnz_exec_input(exec, RESIDUAL),
        .y = nnz_exec_output(exec, 0),
    };
    const qdepthwise_shape *s = &work.shape;
    describe(op, &work.shape);
    work.planes = s->in.n * s->planes;
    work.planes_per_task = 1 + (uint32_t)(NNZ_GRAIN / (4 * (size_t)s->out.h * s->out.w));
    nnz_exec_parallel(exec, task, &work, (work.planes + work.planes_per_task - 1) / work.planes_per_task);
}

const nnz_op_impl nnz_op_qdepthwise = {
    .kind = NNZ_OP_QDEPTHWISE,
    .planes4 = true,
    .name = "qdepthwise",
    .check = check,
    .family = NNZ_FAMILY_DEPTHWISE_S8,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
};
