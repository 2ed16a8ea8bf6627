/* pool: maximum or average over windows of each plane. */
#include "window.h"
#include "work.h"

enum { FUNCTION, WINDOW, PARAMS = WINDOW + 10 };

typedef struct pool_plan {
    nnz_pool_f32_fn pool;
    nnz_unary_f32_fn unary;
    nnz_pool_f32 plane; /* all but x and y */
    size_t planes, x_plane, y_plane;
} pool_plan;

/* One axis of the window. */
typedef struct pool_axis {
    uint32_t in, out, kernel, stride, dilation, before, after;
} pool_axis;

/* Whether one of the taps of a window at `start` lies in [0, in). */
static bool window_meets(const pool_axis *a, int64_t start) {
    const int64_t first = start < 0 ? (-start + a->dilation - 1) / a->dilation : 0;
    return first < a->kernel && start + first * a->dilation < a->in;
}

/* NULL or what is wrong. */
static const char *check_axis(const pool_axis *a) {
    const uint64_t padded = (uint64_t)a->in + a->before + a->after;
    const uint64_t extent = (uint64_t)a->dilation * (a->kernel - 1) + 1;
    if (extent > padded)
        return "its window must fit into the padded input";
    const uint64_t room = padded - extent;
    if (a->out < room / a->stride + 1 || a->out > (room + a->stride - 1) / a->stride + 1)
        return "the output's height or width does not follow from the input's";
    /* Taps further apart than the input is long may step over it in any window; else the first and the last one tell.
     */
    const uint32_t step = a->dilation > a->in || a->out == 1 ? 1 : a->out - 1;
    for (uint32_t i = 0; i < a->out; i += step)
        if (!window_meets(a, (int64_t)i * a->stride - a->before))
            return "every window must meet the input";
    return NULL;
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, 1, 1, PARAMS, error)) || (status = nnz_op_check_float(op, 0, error)) ||
        (status = nnz_op_check_float_output(op, error)) || (status = nnz_op_check_activation(op, true, error)))
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, 0), *y = nnz_op_output(op, 0);
    nnz_map in, out;
    nnz_window w;
    if (op->params[FUNCTION] > NNZ_POOL_AVERAGE_PADDED)
        return nnz_op_fail(op, error, "unknown function");
    if (x->rank < 3 || x->rank != y->rank || !nnz_map_of(x, &in) || !nnz_map_of(y, &out) || in.n != out.n ||
        in.c != out.c)
        return nnz_op_fail(op, error, "input and output must be [N, C, H, W] or [N, C, L] with the same N and C");
    if (!nnz_window_of(op->params + WINDOW, &w))
        return nnz_op_fail(op, error, "kernel, strides and dilations must be 1 to 65535, pads at most 65535");
    const pool_axis height = {in.h, out.h, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top, w.pad_bottom};
    const pool_axis width = {in.w, out.w, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left, w.pad_right};
    const char *wrong = check_axis(&height);
    if (!wrong)
        wrong = check_axis(&width);
    return wrong ? nnz_op_fail(op, error, wrong) : NNZ_OK;
}

static size_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)op, (void)config;
    return sizeof(pool_plan);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    pool_plan *p = memory;
    const nnz_kernel *pool, *unary;
    nnz_status status;
    if ((status = nnz_op_kernel(op, config, NNZ_FAMILY_POOL_F32, &pool, error)) ||
        (status = nnz_op_kernel(op, config, NNZ_FAMILY_UNARY_F32, &unary, error)))
        return status;
    nnz_map in, out;
    nnz_window w;
    nnz_map_of(nnz_op_input(op, 0), &in);
    nnz_map_of(nnz_op_output(op, 0), &out);
    nnz_window_of(op->params + WINDOW, &w);
    *p = (pool_plan){
        .pool = (nnz_pool_f32_fn)pool->function,
        .unary = (nnz_unary_f32_fn)unary->function,
        .plane = {.function = (int)op->params[FUNCTION],
                  .height = in.h,
                  .width = in.w,
                  .out_height = out.h,
                  .out_width = out.w,
                  .kernel_h = w.kernel_h,
                  .kernel_w = w.kernel_w,
                  .stride_h = w.stride_h,
                  .stride_w = w.stride_w,
                  .dilation_h = w.dilation_h,
                  .dilation_w = w.dilation_w,
                  .pad_top = w.pad_top,
                  .pad_left = w.pad_left,
                  .pad_bottom = w.pad_bottom,
                  .pad_right = w.pad_right},
        .planes = (size_t)in.n * in.c,
        .x_plane = (size_t)in.h * in.w,
        .y_plane = (size_t)out.h * out.w,
    };
    needs->kernel = pool->name;
    return NNZ_OK;
}

typedef struct pool_work {
    const nnz_exec *exec;
    const float *x;
    float *y;
    uint32_t parts;
} pool_work;

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const pool_work *w = context;
    const pool_plan *p = w->exec->plan;
    const size_t end = nnz_part(p->planes, w->parts, i + 1);
    nnz_pool_f32 plane = p->plane;
    for (size_t c = nnz_part(p->planes, w->parts, i); c < end; c++) {
        plane.x = w->x + c * p->x_plane;
        plane.y = w->y + c * p->y_plane;
        p->pool(&plane);
        nnz_activate(w->exec->op, p->unary, plane.y, p->y_plane);
    }
}

static void run(const nnz_exec *exec) {
    const pool_plan *p = exec->plan;
    const size_t cost = p->x_plane > p->y_plane ? p->x_plane : p->y_plane;
    pool_work work = {exec, nnz_exec_input(exec, 0), nnz_exec_output(exec, 0), nnz_parts(p->planes, cost)};
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

const nnz_op_impl nnz_op_pool = {
    .kind = NNZ_OP_POOL,
    .name = "pool",
    .check = check,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
};
