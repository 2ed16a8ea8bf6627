#include "window.h"

bool nnz_map_of(const nnz_tensor_record *t, nnz_map *map) {
    const uint32_t *d = t->dims;
    switch (t->rank) {
    case 2:
        *map = (nnz_map){d[0], d[1], 1, 1};
        return true;
    case 3:
        *map = (nnz_map){d[0], d[1], 1, d[2]};
        return true;
    case 4:
        *map = (nnz_map){d[0], d[1], d[2], d[3]};
        return true;
    }
    return false;
}

bool nnz_window_of(const uint32_t *params, nnz_window *w) {
    *w = (nnz_window){params[0], params[1], params[2], params[3], params[4],
                      params[5], params[6], params[7], params[8], params[9]};
    for (int i = 0; i < 10; i++)
        if (params[i] > 65535 || (i < 6 && !params[i]))
            return false;
    return true;
}

bool nnz_window_shape(const nnz_op *op, const uint32_t *params, nnz_map *in, nnz_map *out, nnz_window *window) {
    const nnz_tensor_record *x = nnz_op_input(op, 0), *y = nnz_op_output(op, 0);
    return nnz_map_of(x, in) && nnz_map_of(y, out) && x->rank == y->rank && nnz_window_of(params, window);
}

uint32_t nnz_window_outputs(uint32_t size, uint32_t kernel, uint32_t stride, uint32_t dilation, uint32_t pad_before,
                            uint32_t pad_after) {
    uint64_t padded = (uint64_t)size + pad_before + pad_after, extent = (uint64_t)dilation * (kernel - 1) + 1;
    return padded < extent ? 0 : (uint32_t)(padded - extent) / stride + 1;
}

nnz_status nnz_window_check(const nnz_op *op, const nnz_window *w, const nnz_map *in, const nnz_map *out,
                            nnz_error *error) {
    if (in->n != out->n ||
        out->h != nnz_window_outputs(in->h, w->kernel_h, w->stride_h, w->dilation_h, w->pad_top, w->pad_bottom) ||
        out->w != nnz_window_outputs(in->w, w->kernel_w, w->stride_w, w->dilation_w, w->pad_left, w->pad_right))
        return nnz_op_fail(op, error, "y has not the size that x, kernel, strides and padding give");
    if (((uint64_t)in->h + w->pad_top + w->pad_bottom) * ((uint64_t)in->w + w->pad_left + w->pad_right) >=
        NNZ_PADDED_PIXELS_END)
        return nnz_op_fail(op, error, "the padded input has 2^28 pixels or more");
    return NNZ_OK;
}

bool nnz_window_rows(const nnz_map *in, const nnz_map *out, const nnz_window *w, nnz_rows *rows) {
    *rows = (nnz_rows){
        .images = out->n,
        .planes = out->c,
        .in_planes = in->c,
        .height = out->h,
        .in_height = in->h,
        .bytes = out->w * sizeof(float),
        .in_bytes = in->w * sizeof(float),
        .stride = w->stride_h,
        .pad = w->pad_top,
        .reach = w->dilation_h * (w->kernel_h - 1) + 1,
        .step = 1,
    };
    return out->h > 1;
}
