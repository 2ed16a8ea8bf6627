/* qadd: the sum of two int8 tensors, each with a scale of its own. */
#include "quantized.h"

enum { A, B, INPUTS };
static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, NNZ_ADD_PARAMS, error)) ||
        (status = nnz_op_check_activation(op, false, error)) || (status = nnz_op_check_alike(op, A, error)) ||
        (status = nnz_op_check_alike(op, B, error)))
        return status;
    return nnz_op_check_add(op, 0, error);
}

typedef struct qadd_work {
    nnz_add_s8_fn add;
    nnz_add_s8 all;
    uint32_t parts;
} qadd_work;

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const qadd_work *w = context;
    const nnz_byte_range range = nnz_byte_part(w->all.n, w->parts, i);
    nnz_add_s8 part = w->all;
    part.a += range.begin;
    part.b += range.begin;
    part.y += range.begin;
    part.n = range.end - range.begin;
    w->add(&part);
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const size_t bytes = nnz_tensor_bytes(nnz_op_output(op, 0));
    qadd_work work = {
        .add = (nnz_add_s8_fn)exec->kernel->function,
        .all = nnz_op_add(op, 0),
        .parts = nnz_byte_parts(bytes),
    };
    work.all.a = nnz_exec_input(exec, A);
    work.all.b = nnz_exec_input(exec, B);
    work.all.y = nnz_exec_output(exec, 0);
    work.all.n = bytes;
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op, (void)i;
    return true;
}

const nnz_op_impl nnz_op_qadd = {
    .kind = NNZ_OP_QADD,
    .planes4 = true,
    .name = "qadd",
    .check = check,
    .family = NNZ_FAMILY_ADD_S8,
    .run = run,
    .in_place = in_place,
};
