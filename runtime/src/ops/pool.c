/* pool: maximum or average over windows of each plane. */
#include "pooling.h"
#include "work.h"

enum { FUNCTION, WINDOW, PARAMS = WINDOW + 10 };

typedef struct pool_plan {
    uint32_t unary; /* of the fused activation: a kernel's position */
} pool_plan;

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
    return nnz_pool_check_window(op, &w, &in, &out, error);
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)op, (void)config;
    return sizeof(pool_plan);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    (void)needs;
    pool_plan *p = memory;
    return nnz_activate_plan(op, config, &p->unary, error);
}

typedef struct pool_work {
    const nnz_exec *exec;
    nnz_pool_f32_fn pool;
    nnz_unary_f32_fn unary;
    nnz_pool_f32 plane; /* all but x and y */
    const float *x;
    float *y;
    size_t planes, x_plane, y_plane;
    uint32_t parts;
} pool_work;

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const pool_work *w = context;
    const size_t end = nnz_part(w->planes, w->parts, i + 1);
    nnz_pool_f32 plane = w->plane;
    for (size_t c = nnz_part(w->planes, w->parts, i); c < end; c++) {
        plane.x = w->x + c * w->x_plane;
        plane.y = w->y + c * w->y_plane;
        w->pool(&plane);
        nnz_activate(w->exec->op, w->unary, plane.y, w->y_plane);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const pool_plan *p = exec->plan;
    nnz_map in, out;
    nnz_window w;
    nnz_map_of(nnz_op_input(op, 0), &in);
    nnz_map_of(nnz_op_output(op, 0), &out);
    nnz_window_of(op->params + WINDOW, &w);
    pool_work work = {
        .exec = exec,
        .pool = (nnz_pool_f32_fn)exec->kernel->function,
        .unary = nnz_activate_function(op, p->unary),
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
        .x = nnz_exec_input(exec, 0),
        .y = nnz_exec_output(exec, 0),
        .planes = (size_t)in.n * in.c,
        .x_plane = (size_t)in.h * in.w,
        .y_plane = (size_t)out.h * out.w,
    };
    work.parts = nnz_parts(work.planes, work.x_plane > work.y_plane ? work.x_plane : work.y_plane);
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

const nnz_op_impl nnz_op_pool = {
    .kind = NNZ_OP_POOL,
    .name = "pool",
    .check = check,
    .family = NNZ_FAMILY_POOL_F32,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
};
