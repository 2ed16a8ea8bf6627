/* qsoftmax_exact: over the channels of each pixel, every float32 step as onnxruntime takes it. */
#include "softmax_planes.h"

enum { X, INPUTS };
enum { SX, ZX, SY, ZY, PARAMS };
static const float SX_MIN = 0x1p-60f, SX_MAX = 0x1p60f, SY_MIN = 0x1p-16f, SY_MAX = 1;

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error)) ||
        (status = nnz_softmax_planes_check(op, error)) || (status = nnz_op_check_zero_point(op, ZX, error)) ||
        (status = nnz_op_check_zero_point(op, ZY, error)))
        return status;
    const float x = nnz_float(op->params[SX]), y = nnz_float(op->params[SY]);
    return x >= SX_MIN && x <= SX_MAX && y >= SY_MIN && y <= SY_MAX
               ? NNZ_OK
               : nnz_op_fail(op, error, "the scale of x must be in [2^-60, 2^60], that of y in [2^-16, 1]");
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    nnz_softmax_planes_run(exec, (nnz_softmax_s8){
                                     .scale_x = nnz_float(op->params[SX]),
                                     .scale = nnz_float(op->params[SY]),
                                     .zero_x = nnz_op_signed(op, ZX),
                                     .zero = nnz_op_signed(op, ZY),
                                 });
}

const nnz_op_impl nnz_op_qsoftmax_exact = {
    .kind = NNZ_OP_QSOFTMAX_EXACT,
    .planes4 = true,
    .name = "qsoftmax_exact",
    .check = check,
    .family = NNZ_FAMILY_SOFTMAX_EXACT_S8,
    .plan = nnz_softmax_planes_plan,
    .run = run,
    .in_place = nnz_softmax_planes_in_place,
};
