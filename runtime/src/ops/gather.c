/* gather: rows of a constant table, by indices that are computed. */
#include "work.h"

#include <string.h>

enum { INDICES, TABLE, INPUTS };

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status = nnz_op_check_counts(op, INPUTS, 1, 0, error);
    if (status || (status = nnz_op_check_activation(op, false, error)) ||
        (status = nnz_op_check_float(op, TABLE, error)) || (status = nnz_op_check_float_output(op, error)))
        return status;
    const nnz_tensor_record *indices = nnz_op_input(op, INDICES), *table = nnz_op_input(op, TABLE);
    const nnz_tensor_record *y = nnz_op_output(op, 0);
    if (!indices || (indices->dtype != NNZ_INT32 && indices->dtype != NNZ_INT64))
        return nnz_op_fail(op, error, "its indices must be int32 or int64");
    if (table->kind != NNZ_KIND_CONSTANT || table->rank != 2)
        return nnz_op_fail(op, error, "its table must be a constant of rank 2");
    bool fits = y->rank == indices->rank + 1 && y->dims[indices->rank] == table->dims[1];
    for (uint32_t i = 0; fits && i < indices->rank; i++)
        fits = y->dims[i] == indices->dims[i];
    return fits ? NNZ_OK : nnz_op_fail(op, error, "the output's dims must be the indices' and a row's");
}

typedef struct gather_work {
    const nnz_exec *exec;
    size_t count;
    uint32_t parts;
} gather_work;

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const gather_work *w = context;
    const nnz_tensor_record *table = nnz_op_input(w->exec->op, TABLE);
    const bool wide = nnz_op_input(w->exec->op, INDICES)->dtype == NNZ_INT64;
    const void *indices = nnz_exec_input(w->exec, INDICES);
    const float *rows = nnz_exec_input(w->exec, TABLE);
    const size_t length = table->dims[1];
    float *y = nnz_exec_output(w->exec, 0);
    for (size_t at = nnz_part(w->count, w->parts, i), end = nnz_part(w->count, w->parts, i + 1); at < end; at++) {
        int64_t row = wide ? ((const int64_t *)indices)[at] : ((const int32_t *)indices)[at];
        if (row < 0)
            row += table->dims[0];
        if (row >= 0 && row < table->dims[0])
            memcpy(y + at * length, rows + (size_t)row * length, length * sizeof *y);
        else
            memset(y + at * length, 0, length * sizeof *y);
    }
}

static void run(const nnz_exec *exec) {
    const size_t count = nnz_tensor_elements(nnz_op_input(exec->op, INDICES));
    gather_work work = {exec, count, nnz_parts(count, nnz_op_input(exec->op, TABLE)->dims[1])};
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

const nnz_op_impl nnz_op_gather = {.kind = NNZ_OP_GATHER, .name = "gather", .check = check, .run = run};
