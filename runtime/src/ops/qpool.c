/* qpool: maximum or average over windows of each plane of four int8 channels. */
#include "pooling.h"
#include "quantized.h"

enum { X, MULTIPLIER, INPUTS };
enum { FUNCTION, WINDOW, ZX = WINDOW + 10, ZY, LO, HI, S, PARAMS };
enum { TAPS_MAX = 65536 };

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error)) ||
        (status = nnz_op_check_activation(op, false, error)) || (status = nnz_op_check_planes4(op, X, error)) ||
        (status = nnz_op_check_zero_point(op, ZX, error)) || (status = nnz_op_check_zero_point(op, ZY, error)) ||
        (status = nnz_op_check_clamp(op, LO, error)) || (status = nnz_op_check_shift(op, S, error)))
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, X), *y = nnz_op_output(op, 0);
    nnz_map in, out;
    nnz_window w;
    if (x->rank != y->rank || !nnz_map_of(x, &in) || !nnz_map_of(y, &out) || in.n != out.n || in.c != out.c)
        return nnz_op_fail(op, error, "input and output must be of one rank with the same N and C");
    if (!nnz_window_of(op->params + WINDOW, &w) || (uint64_t)w.kernel_h * w.kernel_w > TAPS_MAX)
        return nnz_op_fail(op, error,
                           "kernel, strides and dilations must be 1 to 65535, pads at most 65535, and the kernel at "
                           "most 65536 elements");
    switch (op->params[FUNCTION]) {
    case NNZ_POOL_MAX:
        if (nnz_op_input(op, MULTIPLIER))
            return nnz_op_fail(op, error, "a maximum takes no multipliers");
        break;
    case NNZ_POOL_AVERAGE:
    case NNZ_POOL_AVERAGE_PADDED:
        status = nnz_op_check_values(op, MULTIPLIER, (size_t)w.kernel_h * w.kernel_w + 1, 0, INT32_MAX, error);
        if (status)
            return status;
        break;
    default:
        return nnz_op_fail(op, error, "unknown function");
    }
    return nnz_pool_check_window(op, &w, &in, &out, error);
}

typedef struct qpool_work {
    nnz_pool_s8_fn pool;
    nnz_pool_s8 plane; /* all but x and y */
    const int8_t *x;
    int8_t *y;
    size_t planes, x_plane, y_plane;
    uint32_t parts;
} qpool_work;

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const qpool_work *w = context;
    const size_t end = nnz_part(w->planes, w->parts, i + 1);
    nnz_pool_s8 plane = w->plane;
    for (size_t c = nnz_part(w->planes, w->parts, i); c < end; c++) {
        plane.x = w->x + c * w->x_plane;
        plane.y = w->y + c * w->y_plane;
        w->pool(&plane);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    nnz_map in, out;
    nnz_window w;
    nnz_map_of(nnz_op_input(op, X), &in);
    nnz_map_of(nnz_op_output(op, 0), &out);
    nnz_window_of(op->params + WINDOW, &w);
    qpool_work work = {
        .pool = (nnz_pool_s8_fn)exec->kernel->function,
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
                  .pad_right = w.pad_right,
                  .multiplier = nnz_exec_input(exec, MULTIPLIER),
                  .shift = op->params[S],
                  .zero_x = nnz_op_signed(op, ZX),
                  .zero = nnz_op_signed(op, ZY),
                  .lo = nnz_op_signed(op, LO),
                  .hi = nnz_op_signed(op, HI)},
        .x = nnz_exec_input(exec, X),
        .y = nnz_exec_output(exec, 0),
        .planes = (size_t)in.n * ((in.c + 3) / 4),
        .x_plane = 4 * (size_t)in.h * in.w,
        .y_plane = 4 * (size_t)out.h * out.w,
    };
    work.parts = nnz_parts(work.planes, work.x_plane > work.y_plane ? work.x_plane : work.y_plane);
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

const nnz_op_impl nnz_op_qpool = {
    .kind = NNZ_OP_QPOOL,
    .planes4 = true,
    .name = "qpool",
    .check = check,
    .family = NNZ_FAMILY_POOL_S8,
    .run = run,
};
