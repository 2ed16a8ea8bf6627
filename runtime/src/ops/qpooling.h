/*
 * What qpool and qaverage share. Each has its own copy, so that a program that has one of them carries nothing of the
 * other.
 */
#ifndef NNZ_OPS_QPOOLING_H
#define NNZ_OPS_QPOOLING_H

#include "pooling.h"
#include "quantized.h"

enum { QPOOL_X };
enum { QPOOL_FUNCTION, QPOOL_WINDOW, QPOOL_ZX = QPOOL_WINDOW + 10, QPOOL_ZY, QPOOL_LO, QPOOL_HI, QPOOL_OWN };
enum { QPOOL_TAPS_MAX = 65536 };

/* All but the function and the parameters from QPOOL_OWN on; the window becomes `w`. */
static inline nnz_status qpool_check(const nnz_op *op, uint32_t inputs, uint32_t params, nnz_window *w,
                                     nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, inputs, 1, params, error)) ||
        (status = nnz_op_check_activation(op, false, error)) || (status = nnz_op_check_planes4(op, QPOOL_X, error)) ||
        (status = nnz_op_check_zero_point(op, QPOOL_ZX, error)) ||
        (status = nnz_op_check_zero_point(op, QPOOL_ZY, error)) || (status = nnz_op_check_clamp(op, QPOOL_LO, error)))
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, QPOOL_X), *y = nnz_op_output(op, 0);
    nnz_map in, out;
    if (x->rank != y->rank || !nnz_map_of(x, &in) || !nnz_map_of(y, &out) || in.n != out.n || in.c != out.c)
        return nnz_op_fail(op, error, "input and output must be of one rank with the same N and C");
    if (!nnz_window_of(op->params + QPOOL_WINDOW, w) || (uint64_t)w->kernel_h * w->kernel_w > QPOOL_TAPS_MAX)
        return nnz_op_fail(op, error,
                           "kernel, strides and dilations must be 1 to 65535, pads at most 65535, and the kernel at "
                           "most 65536 elements");
    return nnz_pool_check_window(op, w, &in, &out, error);
}

typedef struct qpool_work {
    nnz_pool_s8_fn pool;
    nnz_pool_s8 plane; /* all but x and y */
    const int8_t *x;
    int8_t *y;
    size_t planes, x_plane, y_plane;
    uint32_t parts;
} qpool_work;

static inline void qpool_part(void *context, uint32_t i, uint32_t worker) {
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

/* Over all planes; `multiplier` and `shift` are of qpool, `scale_x` and `scale` of qaverage. */
static inline void qpool_run(const nnz_exec *exec, const int32_t *multiplier, uint32_t shift, float scale_x,
                             float scale) {
    const nnz_op *op = exec->op;
    nnz_map in, out;
    nnz_window w;
    nnz_map_of(nnz_op_input(op, QPOOL_X), &in);
    nnz_map_of(nnz_op_output(op, 0), &out);
    nnz_window_of(op->params + QPOOL_WINDOW, &w);
    const size_t planes = (size_t)in.n * nnz_ceil_div(in.c, 4);
    const size_t x_plane = 4 * (size_t)in.h * in.w, y_plane = 4 * (size_t)out.h * out.w;
    qpool_work work = {
        .pool = (nnz_pool_s8_fn)exec->kernel->function,
        .plane = {.function = (int)op->params[QPOOL_FUNCTION],
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
                  .multiplier = multiplier,
                  .shift = shift,
                  .scale_x = scale_x,
                  .scale = scale,
                  .zero_x = nnz_op_signed(op, QPOOL_ZX),
                  .zero = nnz_op_signed(op, QPOOL_ZY),
                  .lo = nnz_op_signed(op, QPOOL_LO),
                  .hi = nnz_op_signed(op, QPOOL_HI)},
        .x = nnz_exec_input(exec, QPOOL_X),
        .y = nnz_exec_output(exec, 0),
        .planes = planes,
        .x_plane = x_plane,
        .y_plane = y_plane,
        .parts = nnz_parts(planes, x_plane > y_plane ? x_plane : y_plane),
    };
    nnz_exec_parallel(exec, qpool_part, &work, work.parts);
}

#endif
