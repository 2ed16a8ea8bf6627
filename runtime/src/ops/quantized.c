#include "quantized.h"

nnz_status nnz_op_check_alike(const nnz_op *op, uint32_t i, nnz_error *error) {
    const nnz_tensor_record *x = nnz_op_input(op, i), *y = nnz_op_output(op, 0);
    if (!x)
        return nnz_op_fail(op, error, "an input is missing");
    if (x->dtype != NNZ_INT8 || y->dtype != NNZ_INT8 || x->layout != y->layout || !nnz_same_dims(x, y))
        return nnz_op_fail(op, error, "input and output must be int8 of the same layout and dims");
    return NNZ_OK;
}

nnz_status nnz_op_check_planes4(const nnz_op *op, uint32_t i, nnz_error *error) {
    const nnz_tensor_record *x = nnz_op_input(op, i);
    if (!x)
        return nnz_op_fail(op, error, "an input is missing");
    /* Only int8 tensors have that layout. */
    if (x->layout != NNZ_LAYOUT_PLANES4 || nnz_op_output(op, 0)->layout != NNZ_LAYOUT_PLANES4)
        return nnz_op_fail(op, error, "input and output must be int8 in layout planes4");
    return NNZ_OK;
}

nnz_status nnz_op_check_zero_point(const nnz_op *op, uint32_t param, nnz_error *error) {
    const int32_t zero = nnz_op_signed(op, param);
    return zero >= -128 && zero <= 127 ? NNZ_OK : nnz_op_fail(op, error, "a zero point must be -128 to 127");
}

nnz_status nnz_op_check_clamp(const nnz_op *op, uint32_t param, nnz_error *error) {
    const int32_t lo = nnz_op_signed(op, param), hi = nnz_op_signed(op, param + 1);
    if (lo < -128 || lo > hi || hi > 127)
        return nnz_op_fail(op, error, "its bounds must be -128 <= lo <= hi <= 127");
    return NNZ_OK;
}

nnz_status nnz_op_check_shift(const nnz_op *op, uint32_t param, nnz_error *error) {
    return op->params[param] <= NNZ_SHIFT_MAX ? NNZ_OK : nnz_op_fail(op, error, "its shift must be 0 to 15");
}

/* The parameters of an addition. */
enum { MA, MB, C, S, LO, HI };
enum { MULTIPLIER_MAX = 1 << 22, CONSTANT_MAX = (1 << 30) - 1, ADD_SHIFT_MAX = 30 };

static bool within(int32_t v, int32_t most) {
    return v >= -most && v <= most;
}

nnz_status nnz_op_check_add(const nnz_op *op, uint32_t first, nnz_error *error) {
    if (!within(nnz_op_signed(op, first + MA), MULTIPLIER_MAX) ||
        !within(nnz_op_signed(op, first + MB), MULTIPLIER_MAX) || !within(nnz_op_signed(op, first + C), CONSTANT_MAX) ||
        op->params[first + S] > ADD_SHIFT_MAX)
        return nnz_op_fail(op, error, "the multipliers, constant or shift of its addition are out of range");
    return nnz_op_check_clamp(op, first + LO, error);
}

nnz_add_s8 nnz_op_add(const nnz_op *op, uint32_t first) {
    return (nnz_add_s8){
        .multiplier_a = nnz_op_signed(op, first + MA),
        .multiplier_b = nnz_op_signed(op, first + MB),
        .constant = nnz_op_signed(op, first + C),
        .shift = op->params[first + S],
        .lo = nnz_op_signed(op, first + LO),
        .hi = nnz_op_signed(op, first + HI),
    };
}

nnz_status nnz_op_check_values(const nnz_op *op, uint32_t i, size_t count, int32_t low, int32_t high,
                               nnz_error *error) {
    nnz_status status = nnz_op_check_constant(op, i, NNZ_INT32, count, false, error);
    if (status)
        return status;
    const int32_t *values = nnz_op_constant(op, op->inputs[i]);
    for (size_t k = 0; k < count; k++)
        if (values[k] < low || values[k] > high)
            return nnz_op_fail(op, error, "a value of a bias, multiplier or table is out of range");
    return NNZ_OK;
}
