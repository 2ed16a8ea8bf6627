/* gather: rows of a constant table, by indices that are computed; as rows or as planes. */
#include "../half.h"
#include "work.h"

#include <math.h>

enum { INDICES, TABLE, INPUTS, SCALE = INPUTS };
enum { PLANES, PARAMS };

/* Of a table of int8. */
static nnz_status check_scale(const nnz_op *op, uint32_t rows, nnz_error *error) {
    const nnz_status status = nnz_op_check_constant(op, SCALE, NNZ_FLOAT32, rows, false, error);
    if (status)
        return status;
    const float *scale = nnz_op_constant(op, op->inputs[SCALE]);
    for (uint32_t i = 0; i < rows; i++)
        if (!isfinite(scale[i]))
            return nnz_op_fail(op, error, "a scale of its table is not finite");
    return NNZ_OK;
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    const bool scaled = op->record->inputs == INPUTS + 1;
    nnz_status status = nnz_op_check_counts(op, scaled ? INPUTS + 1 : INPUTS, 1, PARAMS, error);
    if (status || (status = nnz_op_check_activation(op, false, error)) ||
        (status = nnz_op_check_float_output(op, error)))
        return status;
    const nnz_tensor_record *indices = nnz_op_input(op, INDICES), *table = nnz_op_input(op, TABLE);
    const nnz_tensor_record *y = nnz_op_output(op, 0);
    if (!table || (scaled ? table->dtype != NNZ_INT8 : table->dtype != NNZ_FLOAT32 && table->dtype != NNZ_FLOAT16))
        return nnz_op_fail(op, error, "its table must be float32 or float16, or int8 with scales");
    if (!indices || (indices->dtype != NNZ_INT32 && indices->dtype != NNZ_INT64))
        return nnz_op_fail(op, error, "its indices must be int32 or int64");
    if (table->kind != NNZ_KIND_CONSTANT || table->rank != 2)
        return nnz_op_fail(op, error, "its table must be a constant of rank 2");
    if (op->params[PLANES] > 1)
        return nnz_op_fail(op, error, "planes must be 0 or 1");
    if (scaled && (status = check_scale(op, table->dims[0], error)))
        return status;
    const uint32_t rank = indices->rank;
    bool fits = rank >= 1 && y->rank == rank + 1 && y->dims[rank - op->params[PLANES]] == table->dims[1] &&
                y->dims[rank - 1 + op->params[PLANES]] == indices->dims[rank - 1];
    for (uint32_t i = 0; fits && i + 1 < rank; i++)
        fits = y->dims[i] == indices->dims[i];
    return fits ? NNZ_OK : nnz_op_fail(op, error, "the output's dims must be the indices' and a row's");
}

typedef struct gather_work {
    const nnz_exec *exec;
    size_t count; /* of indices */
    uint32_t parts;
} gather_work;

/* The row that an index names, or a negative number. */
static int64_t find_row(const gather_work *w, size_t i) {
    const nnz_tensor_record *table = nnz_op_input(w->exec->op, TABLE);
    const void *indices = nnz_exec_input(w->exec, INDICES);
    const bool wide = nnz_op_input(w->exec->op, INDICES)->dtype == NNZ_INT64;
    int64_t row = wide ? ((const int64_t *)indices)[i] : ((const int32_t *)indices)[i];
    if (row < 0)
        row += table->dims[0];
    return row < table->dims[0] ? row : -1;
}

/* y[k stride] = element k of the row, or 0. */
static void copy_row(const nnz_exec *exec, int64_t row, float *y, size_t stride) {
    const nnz_tensor_record *table = nnz_op_input(exec->op, TABLE);
    const size_t n = table->dims[1], first = (size_t)(row < 0 ? 0 : row) * n;
    const void *values = nnz_exec_input(exec, TABLE);
    if (row < 0) {
        for (size_t k = 0; k < n; k++)
            y[k * stride] = 0;
    } else if (table->dtype == NNZ_FLOAT32) {
        for (size_t k = 0; k < n; k++)
            y[k * stride] = ((const float *)values)[first + k];
    } else if (table->dtype == NNZ_FLOAT16) {
        for (size_t k = 0; k < n; k++)
            y[k * stride] = nnz_half(((const uint16_t *)values)[first + k]);
    } else {
        const float scale = ((const float *)nnz_exec_input(exec, SCALE))[row];
        for (size_t k = 0; k < n; k++)
            y[k * stride] = (float)((const int8_t *)values)[first + k] * scale;
    }
}

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const gather_work *w = context;
    const nnz_tensor_record *indices = nnz_op_input(w->exec->op, INDICES);
    const size_t n = nnz_op_input(w->exec->op, TABLE)->dims[1], steps = indices->dims[indices->rank - 1];
    const bool planes = w->exec->op->params[PLANES];
    const size_t stride = planes ? steps : 1;
    for (size_t at = nnz_part(w->count, w->parts, i), end = nnz_part(w->count, w->parts, i + 1); at < end; at++) {
        float *y = (float *)nnz_exec_output(w->exec, 0) + (planes ? at / steps * steps * n + at % steps : at * n);
        copy_row(w->exec, find_row(w, at), y, stride);
    }
}

static void run(const nnz_exec *exec) {
    const size_t count = nnz_tensor_elements(nnz_op_input(exec->op, INDICES));
    gather_work work = {exec, count, nnz_parts(count, nnz_op_input(exec->op, TABLE)->dims[1])};
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

const nnz_op_impl nnz_op_gather = {.kind = NNZ_OP_GATHER, .name = "gather", .check = check, .run = run};
