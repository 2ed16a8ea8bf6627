/* qaverage: the average over windows of each plane of four int8 channels, as float32 computes it. */
#include "qpooling.h"

#include <math.h>

enum { INPUTS = QPOOL_X + 1 };
enum { SX = QPOOL_OWN, SY, PARAMS };

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_window w;
    const nnz_status status = qpool_check(op, INPUTS, PARAMS, &w, error);
    if (status)
        return status;
    if (op->params[QPOOL_FUNCTION] != NNZ_POOL_AVERAGE && op->params[QPOOL_FUNCTION] != NNZ_POOL_AVERAGE_PADDED)
        return nnz_op_fail(op, error, "unknown function");
    for (uint32_t scale = SX; scale <= SY; scale++)
        if (!(nnz_float(op->params[scale]) > 0 && isfinite(nnz_float(op->params[scale]))))
            return nnz_op_fail(op, error, "its scales must be finite and above 0");
    return NNZ_OK;
}

static void run(const nnz_exec *exec) {
    qpool_run(exec, NULL, 0, nnz_float(exec->op->params[SX]), nnz_float(exec->op->params[SY]));
}

const nnz_op_impl nnz_op_qaverage = {
    .kind = NNZ_OP_QAVERAGE,
    .planes4 = true,
    .name = "qaverage",
    .check = check,
    .family = NNZ_FAMILY_AVERAGE_S8,
    .run = run,
};
