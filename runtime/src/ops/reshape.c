/* reshape: other dims over the same memory, which is the planner's business. */
#include "../op.h"

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, 1, 1, 0, error)) || (status = nnz_op_check_activation(op, false, error)))
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, 0), *y = nnz_op_output(op, 0);
    if (!x || x->kind == NNZ_KIND_CONSTANT)
        return nnz_op_fail(op, error, "its input must be an activation");
    if (x->dtype != y->dtype || nnz_tensor_elements(x) != nnz_tensor_elements(y) ||
        nnz_tensor_bytes(x) != nnz_tensor_bytes(y))
        return nnz_op_fail(op, error, "input and output must have the same type, number of elements and size");
    return NNZ_OK;
}

static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op, (void)i;
    return true;
}

const nnz_op_impl nnz_op_reshape = {
    .kind = NNZ_OP_RESHAPE,
    .name = "reshape",
    .check = check,
    .in_place = in_place,
    .planes4 = true,
};
