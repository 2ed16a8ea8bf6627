/* qlut: a table of 256 values, one for each int8. */
#include "quantized.h"

enum { X, TABLE, INPUTS };

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, 0, error)) ||
        (status = nnz_op_check_activation(op, false, error)) || (status = nnz_op_check_alike(op, X, error)))
        return status;
    return nnz_op_check_constant(op, TABLE, NNZ_INT8, 256, false, error);
}

typedef struct qlut_work {
    nnz_lut_s8_fn look_up;
    const int8_t *table, *x;
    int8_t *y;
    size_t bytes;
    uint32_t parts;
} qlut_work;

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const qlut_work *w = context;
    const nnz_byte_range range = nnz_byte_part(w->bytes, w->parts, i);
    w->look_up(w->table, w->x + range.begin, w->y + range.begin, range.end - range.begin);
}

static void run(const nnz_exec *exec) {
    const size_t bytes = nnz_tensor_bytes(nnz_op_output(exec->op, 0));
    qlut_work work = {
        .look_up = (nnz_lut_s8_fn)exec->kernel->function,
        .table = nnz_exec_input(exec, TABLE),
        .x = nnz_exec_input(exec, X),
        .y = nnz_exec_output(exec, 0),
        .bytes = bytes,
        .parts = nnz_byte_parts(bytes),
    };
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op;
    return i == X;
}

const nnz_op_impl nnz_op_qlut = {
    .kind = NNZ_OP_QLUT,
    .planes4 = true,
    .name = "qlut",
    .check = check,
    .family = NNZ_FAMILY_LUT_S8,
    .run = run,
    .in_place = in_place,
};
