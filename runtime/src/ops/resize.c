/* resize: each output row and column is a weighted sum of T input rows and columns, by tables in the file. */
#include "work.h"

#include <string.h>

enum { MAX_TAPS = 16 };

enum { X, ROW_INDEX, ROW_WEIGHT, COLUMN_INDEX, COLUMN_WEIGHT, INPUTS };

/* An index table [outputs, taps] points into [0, size). */
static nnz_status check_table(const nnz_op *op, uint32_t index, uint32_t outputs, uint32_t taps, uint32_t size,
                              nnz_error *error) {
    nnz_status status;
    const size_t elements = (size_t)outputs * taps;
    if ((status = nnz_op_check_constant(op, index, NNZ_INT32, elements, false, error)) ||
        (status = nnz_op_check_constant(op, index + 1, NNZ_FLOAT32, elements, false, error)))
        return status;
    const int32_t *table = nnz_op_constant(op, op->inputs[index]);
    for (size_t i = 0; i < elements; i++)
        if (table[i] < 0 || (uint32_t)table[i] >= size)
            return nnz_op_fail(op, error, "an index lies outside the input");
    return NNZ_OK;
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, 1, error)) || (status = nnz_op_check_float(op, X, error)) ||
        (status = nnz_op_check_float_output(op, error)) || (status = nnz_op_check_activation(op, false, error)))
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, X), *y = nnz_op_output(op, 0);
    const uint32_t taps = op->params[0];
    if (taps < 1 || taps > MAX_TAPS)
        return nnz_op_fail(op, error, "its number of taps must be 1 to 16");
    if (x->rank != 4 || y->rank != 4 || x->dims[0] != y->dims[0] || x->dims[1] != y->dims[1])
        return nnz_op_fail(op, error, "input and output must be [N, C, H, W] with the same N and C");
    if ((status = check_table(op, ROW_INDEX, y->dims[2], taps, x->dims[2], error)))
        return status;
    return check_table(op, COLUMN_INDEX, y->dims[3], taps, x->dims[3], error);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    (void)memory;
    needs->scratch = NNZ_RESIZE_ROWS * nnz_op_input(op, X)->dims[3] * sizeof(float);
    return nnz_op_kernel(op, config, NNZ_FAMILY_RESIZE_F32, &needs->kernel, error);
}

typedef struct resize_work {
    const nnz_exec *exec;
    nnz_resize_f32_fn resize;
    nnz_resize_f32 plane; /* all but x, y, z, rows and their tables */
    const float *x;
    float *y;
    const int32_t *row_index;
    const float *row_weight;
    uint32_t height, out_height;
    size_t rows; /* of all planes of y */
    uint32_t parts;
} resize_work;

/* Whether output row `oy` is the one above it again. */
static bool repeats(const resize_work *w, uint32_t oy) {
    const size_t taps = w->plane.taps, at = oy * taps, above = at - taps;
    return memcmp(w->row_index + at, w->row_index + above, taps * sizeof *w->row_index) == 0 &&
           memcmp(w->row_weight + at, w->row_weight + above, taps * sizeof *w->row_weight) == 0;
}

/* Rows from `oy` on that the kernel makes at once: none repeats the one above. */
static uint32_t rows_at_once(const resize_work *w, uint32_t oy, size_t most) {
    uint32_t n = 1;
    most = nnz_min(nnz_min(most, NNZ_RESIZE_ROWS), w->out_height - oy);
    while (n < most && !repeats(w, oy + n))
        n++;
    return n;
}

static void run_part(void *context, uint32_t i, uint32_t worker) {
    const resize_work *w = context;
    const size_t begin = nnz_part(w->rows, w->parts, i), end = nnz_part(w->rows, w->parts, i + 1);
    nnz_resize_f32 a = w->plane;
    a.z = nnz_exec_scratch(w->exec, worker);
    for (size_t r = begin; r < end; r += a.rows) {
        const uint32_t oy = (uint32_t)(r % w->out_height);
        a.y = w->y + r * a.out_width;
        if (r > begin && oy > 0 && repeats(w, oy)) {
            memcpy(a.y, a.y - a.out_width, a.out_width * sizeof *a.y);
            a.rows = 1;
            continue;
        }
        a.x = w->x + r / w->out_height * w->height * a.width;
        a.row_index = w->row_index + (size_t)oy * a.taps;
        a.row_weight = w->row_weight + (size_t)oy * a.taps;
        a.rows = rows_at_once(w, oy, end - r);
        w->resize(&a);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_tensor_record *x = nnz_op_input(exec->op, X), *y = nnz_op_output(exec->op, 0);
    const size_t rows = (size_t)y->dims[0] * y->dims[1] * y->dims[2];
    const size_t cost = ((size_t)x->dims[3] + y->dims[3]) * exec->op->params[0];
    resize_work work = {
        .exec = exec,
        .resize = (nnz_resize_f32_fn)exec->kernel->function,
        .plane = {.width = x->dims[3],
                  .out_width = y->dims[3],
                  .taps = exec->op->params[0],
                  .column_index = nnz_exec_input(exec, COLUMN_INDEX),
                  .column_weight = nnz_exec_input(exec, COLUMN_WEIGHT)},
        .x = nnz_exec_input(exec, X),
        .y = nnz_exec_output(exec, 0),
        .row_index = nnz_exec_input(exec, ROW_INDEX),
        .row_weight = nnz_exec_input(exec, ROW_WEIGHT),
        .height = x->dims[2],
        .out_height = y->dims[2],
        .rows = rows,
        .parts = nnz_parts(rows, cost),
    };
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

const nnz_op_impl nnz_op_resize = {
    .kind = NNZ_OP_RESIZE,
    .name = "resize",
    .check = check,
    .plan = plan,
    .run = run,
};
