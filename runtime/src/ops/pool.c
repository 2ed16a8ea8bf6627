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

typedef struct pool_run {
    const nnz_exec *exec;
    nnz_map in, out;
    nnz_window window;
    nnz_rows rows;
    nnz_pool_f32_fn pool;
    nnz_unary_f32_fn unary;
    size_t x_stride, y_stride; /* elements between planes of whole tensors */
    uint32_t parts;            /* of the planes of all images */
} pool_run;

/* The windows of a band of a plane: they see no padding where rows of x lie. */
static nnz_pool_f32 windows_of(const pool_run *run, const nnz_band *band, uint32_t first, uint32_t end) {
    const nnz_window *w = &run->window;
    const uint64_t above = (uint64_t)band->begin * w->stride_h; /* rows, padding among them */
    return (nnz_pool_f32){
        .function = (int)run->exec->op->params[FUNCTION],
        .height = end - first,
        .width = run->in.w,
        .out_height = band->end - band->begin,
        .out_width = run->out.w,
        .kernel_h = w->kernel_h,
        .kernel_w = w->kernel_w,
        .stride_h = w->stride_h,
        .stride_w = w->stride_w,
        .dilation_h = w->dilation_h,
        .dilation_w = w->dilation_w,
        .pad_top = above < w->pad_top ? w->pad_top - (uint32_t)above : 0,
        .pad_left = w->pad_left,
        .pad_bottom = run->in.h - end + w->pad_bottom,
        .pad_right = w->pad_right,
    };
}

/* A band of `count` planes from `channel` on. */
static void run_planes(const pool_run *run, const nnz_band *band, uint32_t channel, uint32_t count) {
    const uint32_t first = nnz_rows_first(&run->rows, band->begin), end = nnz_rows_end(&run->rows, band->end);
    const uint8_t *x = band->x.row0 + channel * band->x.stride + first * run->rows.in_bytes;
    uint8_t *y = band->y.row0 + channel * band->y.stride + band->begin * run->rows.bytes;
    nnz_pool_f32 a = windows_of(run, band, first, end);
    for (; count; count--, x += band->x.stride, y += band->y.stride) {
        a.x = (const float *)(const void *)x;
        a.y = (float *)(void *)y;
        run->pool(&a);
        nnz_activate(run->exec->op, run->unary, a.y, a.out_height * (size_t)a.out_width);
    }
}

static void run_part(void *context, uint32_t i, uint32_t worker) {
    const pool_run *run = context;
    const size_t planes = (size_t)run->in.n * run->in.c, end = nnz_part(planes, run->parts, i + 1);
    for (size_t plane = nnz_part(planes, run->parts, i); plane < end; plane++) {
        const uint32_t image = (uint32_t)(plane / run->in.c);
        const nnz_band band = {
            .image = image,
            .end = run->out.h,
            .x = nnz_planes_of(nnz_exec_input(run->exec, 0), &run->in, run->x_stride, image),
            .y = nnz_planes_of(nnz_exec_output(run->exec, 0), &run->out, run->y_stride, image),
            .worker = worker,
        };
        run_planes(run, &band, (uint32_t)(plane % run->in.c), 1);
    }
}

static bool read_rows(const nnz_op *op, nnz_map *in, nnz_map *out, nnz_window *window, nnz_rows *rows) {
    nnz_map_of(nnz_op_input(op, 0), in);
    nnz_map_of(nnz_op_output(op, 0), out);
    nnz_window_of(op->params + WINDOW, window);
    return nnz_window_rows(in, out, window, rows);
}

static pool_run begin(const nnz_exec *exec) {
    const pool_plan *p = exec->plan;
    pool_run r = {
        .exec = exec,
        .pool = (nnz_pool_f32_fn)exec->kernel->function,
        .unary = nnz_activate_function(exec->op, p->unary),
    };
    read_rows(exec->op, &r.in, &r.out, &r.window, &r.rows);
    return r;
}

static void run(const nnz_exec *exec) {
    pool_run r = begin(exec);
    r.x_stride = nnz_plane_stride(exec->op->model, exec->op->inputs[0], exec->config->isa);
    r.y_stride = nnz_plane_stride(exec->op->model, exec->op->outputs[0], exec->config->isa);
    r.parts = nnz_parts((size_t)r.in.n * r.in.c, r.x_stride > r.y_stride ? r.x_stride : r.y_stride);
    nnz_exec_parallel(exec, run_part, &r, r.parts);
}

static bool rows(const nnz_op *op, nnz_rows *rows) {
    nnz_map in, out;
    nnz_window window;
    return read_rows(op, &in, &out, &window, rows);
}

static void run_band(const nnz_exec *exec, const nnz_band *band) {
    const pool_run r = begin(exec);
    run_planes(&r, band, 0, r.in.c);
}

const nnz_op_impl nnz_op_pool = {
    .kind = NNZ_OP_POOL,
    .name = "pool",
    .check = check,
    .family = NNZ_FAMILY_POOL_F32,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .rows = NNZ_ONLY_SMALL ? NULL : rows,
    .run_band = NNZ_ONLY_SMALL ? NULL : run_band,
};
