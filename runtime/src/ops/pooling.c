#include "pooling.h"

/* One axis of the window. */
typedef struct pool_axis {
    uint32_t in, out, kernel, stride, dilation, before, after;
} pool_axis;

/* Whether one of the taps of a window at `start` lies in [0, in). */
static bool window_meets(const pool_axis *a, int64_t start) {
    const uint32_t first = start < 0 ? ((uint32_t)-start + a->dilation - 1) / a->dilation : 0;
    return first < a->kernel && start + (int64_t)first * a->dilation < a->in;
}

/* NULL or what is wrong. */
static const char *check_axis(const pool_axis *a) {
    const uint64_t padded = (uint64_t)a->in + a->before + a->after;
    const uint64_t extent = (uint64_t)a->dilation * (a->kernel - 1) + 1;
    if (extent > padded)
        return "its window must fit into the padded input";
    const uint32_t room = (uint32_t)(padded - extent); /* below 2^31 + 2^17 */
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

nnz_status nnz_pool_check_window(const nnz_op *op, const nnz_window *w, const nnz_map *in, const nnz_map *out,
                                 nnz_error *error) {
    const pool_axis height = {in->h, out->h, w->kernel_h, w->stride_h, w->dilation_h, w->pad_top, w->pad_bottom};
    const pool_axis width = {in->w, out->w, w->kernel_w, w->stride_w, w->dilation_w, w->pad_left, w->pad_right};
    const char *wrong = check_axis(&height);
    if (!wrong)
        wrong = check_axis(&width);
    return wrong ? nnz_op_fail(op, error, wrong) : NNZ_OK;
}
