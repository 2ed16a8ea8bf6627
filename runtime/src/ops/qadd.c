/* qadd: the sum of two int8 tensors, each with a scale of its own. */
#include "quantized.h"

enum { A, B, INPUTS };
enum { MA, MB, C, S, LO, HI, PARAMS };
enum { MULTIPLIER_MAX = 1 << 22, CONSTANT_MAX = (1 << 30) - 1, SHIFT_MAX = 30 };

static bool within(int32_t v, int32_t most) {
    return v >= -most && v <= most;
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error)) ||
        (status = nnz_op_check_activation(op, false, error)) || (status = nnz_op_check_alike(op, A, error)) ||
        (status = nnz_op_check_alike(op, B, error)))
        return status;
    if (!within(nnz_op_signed(op, MA), MULTIPLIER_MAX) || !within(nnz_op_signed(op, MB), MULTIPLIER_MAX) ||
        !within(nnz_op_signed(op, C), CONSTANT_MAX) || op->params[S] > SHIFT_MAX)
        return nnz_op_fail(op, error, "its multipliers, constant or shift are out of range");
    return nnz_op_check_clamp(op, LO, error);
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
        .all = {.a = nnz_exec_input(exec, A),
                .b = nnz_exec_input(exec, B),
                .y = nnz_exec_output(exec, 0),
                .n = bytes,
                .multiplier_a = nnz_op_signed(op, MA),
                .multiplier_b = nnz_op_signed(op, MB),
                .constant = nnz_op_signed(op, C),
                .shift = op->params[S],
                .lo = nnz_op_signed(op, LO),
                .hi = nnz_op_signed(op, HI)},
        .parts = nnz_byte_parts(bytes),
    };
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
