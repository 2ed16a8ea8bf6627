/* resize: each output row and column is a weighted sum of T input rows and columns, by tables in the file. */
#include "work.h"

#include <string.h>

enum { MAX_TAPS = 16 };

enum { X, ROW_INDEX, ROW_WEIGHT, COL_INDEX, COL_WEIGHT, INPUTS };

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
    return check_table(op, COL_INDEX, y->dims[3], taps, x->dims[3], error);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    (void)config, (void)memory, (void)error;
    needs->scratch = nnz_op_input(op, X)->dims[3] * sizeof(float);
    return NNZ_OK;
}

typedef struct resize_work {
    const nnz_exec *exec;
    const float *x;
    float *y;
    const int32_t *row_index, *col_index;
    const float *row_weight, *col_weight;
    uint32_t taps, height, width, out_height, out_width;
    size_t rows; /* of all planes of y */
    uint32_t parts;
} resize_work;

/* The weighted sum of input rows for output row `oy`: in `scratch`, or a row of x where it is that. */
static const float *combine_rows(const resize_work *w, const float *plane, uint32_t oy, float *scratch) {
    const int32_t *index = w->row_index + (size_t)oy * w->taps;
    const float *weight = w->row_weight + (size_t)oy * w->taps;
    const float *row = plane + (size_t)index[0] * w->width;
    if (w->taps == 1 && weight[0] == 1)
        return row;
    for (uint32_t i = 0; i < w->width; i++)
        scratch[i] = weight[0] * row[i];
    for (uint32_t t = 1; t < w->taps; t++) {
        row = plane + (size_t)index[t] * w->width;
        for (uint32_t i = 0; i < w->width; i++)
            scratch[i] += weight[t] * row[i];
    }
    return scratch;
}

static void combine_columns(const resize_work *w, const float *row, float *y) {
    const int32_t *index = w->col_index;
    const float *weight = w->col_weight;
    if (w->taps == 1) {
        for (uint32_t i = 0; i < w->out_width; i++)
            y[i] = weight[i] * row[index[i]];
    } else if (w->taps == 2) {
        for (uint32_t i = 0; i < w->out_width; i++)
            y[i] = weight[2 * i] * row[index[2 * i]] + weight[2 * i + 1] * row[index[2 * i + 1]];
    } else {
        for (uint32_t i = 0; i < w->out_width; i++, index += w->taps, weight += w->taps) {
            float sum = 0;
            for (uint32_t t = 0; t < w->taps; t++)
                sum += weight[t] * row[index[t]];
            y[i] = sum;
        }
    }
}

/* Whether output row `oy` is the one above it again. */
static bool repeats(const resize_work *w, uint32_t oy) {
    const size_t taps = w->taps, at = oy * taps, above = at - taps;
    return memcmp(w->row_index + at, w->row_index + above, taps * sizeof *w->row_index) == 0 &&
           memcmp(w->row_weight + at, w->row_weight + above, taps * sizeof *w->row_weight) == 0;
}

static void run_part(void *context, uint32_t i, uint32_t worker) {
    const resize_work *w = context;
    const size_t begin = nnz_part(w->rows, w->parts, i), end = nnz_part(w->rows, w->parts, i + 1);
    for (size_t r = begin; r < end; r++) {
        const uint32_t oy = (uint32_t)(r % w->out_height);
        float *y = w->y + r * w->out_width;
        if (r > begin && oy > 0 && repeats(w, oy)) {
            memcpy(y, y - w->out_width, w->out_width * sizeof *y);
            continue;
        }
        const float *plane = w->x + r / w->out_height * w->height * w->width;
        combine_columns(w, combine_rows(w, plane, oy, nnz_exec_scratch(w->exec, worker)), y);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_tensor_record *x = nnz_op_input(exec->op, X), *y = nnz_op_output(exec->op, 0);
    const size_t rows = (size_t)y->dims[0] * y->dims[1] * y->dims[2];
    const size_t cost = ((size_t)x->dims[3] + y->dims[3]) * exec->op->params[0];
    resize_work work = {
        .exec = exec,
        .x = nnz_exec_input(exec, X),
        .y = nnz_exec_output(exec, 0),
        .row_index = nnz_exec_input(exec, ROW_INDEX),
        .col_index = nnz_exec_input(exec, COL_INDEX),
        .row_weight = nnz_exec_input(exec, ROW_WEIGHT),
        .col_weight = nnz_exec_input(exec, COL_WEIGHT),
        .taps = exec->op->params[0],
        .height = x->dims[2],
        .width = x->dims[3],
        .out_height = y->dims[2],
        .out_width = y->dims[3],
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
