/* unary: an elementwise function. */
#include "work.h"

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, 1, 1, 0, error)) || (status = nnz_op_check_float(op, 0, error)) ||
        (status = nnz_op_check_float_output(op, error)) || (status = nnz_op_check_activation(op, true, error)))
        return status;
    if (op->record->activation == NNZ_ACT_NONE)
        return nnz_op_fail(op, error, "its function, the activation, is missing");
    if (nnz_tensor_elements(nnz_op_input(op, 0)) != nnz_tensor_elements(nnz_op_output(op, 0)))
        return nnz_op_fail(op, error, "input and output must have the same number of elements");
    return NNZ_OK;
}

typedef struct unary_work {
    const nnz_exec *exec;
    size_t elements;
    uint32_t parts;
} unary_work;

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const unary_work *w = context;
    const nnz_op_record *record = w->exec->op->record;
    const size_t lines = nnz_lines(w->elements), begin = nnz_part(lines, w->parts, i) * NNZ_LINE;
    const size_t end = nnz_min(nnz_part(lines, w->parts, i + 1) * NNZ_LINE, w->elements);
    const nnz_unary_f32_fn unary = (nnz_unary_f32_fn)w->exec->kernel->function;
    unary(record->activation, record->act, (const float *)nnz_exec_input(w->exec, 0) + begin,
          (float *)nnz_exec_output(w->exec, 0) + begin, end - begin);
}

static void run(const nnz_exec *exec) {
    const size_t elements = nnz_tensor_elements(nnz_op_output(exec->op, 0));
    unary_work work = {exec, elements, nnz_parts(nnz_lines(elements), NNZ_LINE)};
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op, (void)i;
    return true;
}

const nnz_op_impl nnz_op_unary = {
    .kind = NNZ_OP_UNARY,
    .name = "unary",
    .check = check,
    .family = NNZ_FAMILY_UNARY_F32,
    .run = run,
    .in_place = in_place,
};
