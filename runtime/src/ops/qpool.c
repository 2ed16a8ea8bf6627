/* qpool: maximum or average over windows of each plane of four int8 channels. */
#include "qpooling.h"

enum { MULTIPLIER = QPOOL_X + 1, INPUTS };
enum { S = QPOOL_OWN, PARAMS };

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    nnz_window w;
    if ((status = qpool_check(op, INPUTS, PARAMS, &w, error)) || (status = nnz_op_check_shift(op, S, error)))
        return status;
    switch (op->params[QPOOL_FUNCTION]) {
    case NNZ_POOL_MAX:
        return nnz_op_input(op, MULTIPLIER) ? nnz_op_fail(op, error, "a maximum takes no multipliers") : NNZ_OK;
    case NNZ_POOL_AVERAGE:
    case NNZ_POOL_AVERAGE_PADDED:
        return nnz_op_check_values(op, MULTIPLIER, (size_t)w.kernel_h * w.kernel_w + 1, 0, INT32_MAX, error);
    default:
        return nnz_op_fail(op, error, "unknown function");
    }
}

static void run(const nnz_exec *exec) {
    qpool_run(exec, nnz_exec_input(exec, MULTIPLIER), exec->op->params[S], 0, 0);
}

const nnz_op_impl nnz_op_qpool = {
    .kind = NNZ_OP_QPOOL,
    .planes4 = true,
    .name = "qpool",
    .check = check,
    .family = NNZ_FAMILY_POOL_S8,
    .run = run,
};
