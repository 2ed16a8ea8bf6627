/* qsoftmax_planes: over the channels of each pixel, as attention needs it where tokens are pixels. */
#include "softmax_planes.h"

enum { X, TABLE, INPUTS };
enum { Q, ZY, LO, HI, PARAMS };
enum { HALF_TABLE = 16 };
static const float Q_MAX = 65536;

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error)) ||
        (status = nnz_softmax_planes_check(op, error)) ||
        (status = nnz_op_check_constant(op, TABLE, NNZ_FLOAT32, 2 * HALF_TABLE, false, error)) ||
        (status = nnz_op_check_zero_point(op, ZY, error)) || (status = nnz_op_check_clamp(op, LO, error)))
        return status;
    const float *table = nnz_op_constant(op, op->inputs[TABLE]);
    for (int i = 0; i < 2 * HALF_TABLE; i++)
        if (!(table[i] >= 0 && table[i] <= 1) || (i % HALF_TABLE == 0 && table[i] != 1))
            return nnz_op_fail(op, error, "both halves of its table must be in [0, 1] and begin with 1");
    const float factor = nnz_float(op->params[Q]);
    return factor > 0 && factor <= Q_MAX ? NNZ_OK : nnz_op_fail(op, error, "its factor Q must be in (0, 65536]");
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    nnz_softmax_planes_run(exec, (nnz_softmax_s8){
                                     .table = nnz_exec_input(exec, TABLE),
                                     .factor = nnz_float(op->params[Q]),
                                     .zero = nnz_op_signed(op, ZY),
                                     .lo = nnz_op_signed(op, LO),
                                     .hi = nnz_op_signed(op, HI),
                                 });
}

const nnz_op_impl nnz_op_qsoftmax_planes = {
    .kind = NNZ_OP_QSOFTMAX_PLANES,
    .planes4 = true,
    .name = "qsoftmax_planes",
    .check = check,
    .family = NNZ_FAMILY_SOFTMAX_S8,
    .plan = nnz_softmax_planes_plan,
    .run = run,
    .in_place = nnz_softmax_planes_in_place,
};
