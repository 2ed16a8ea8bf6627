#include "requantized.h"

#include "../requantize.h"

enum { BIAS_MAX = (1 << 30) - 1 };

static bool takes_factors(const nnz_op *op) {
    return !NNZ_ONLY_SMALL && op->record->kind != NNZ_OP_QDEPTHWISE;
}

static bool is_shift(const nnz_op *op, uint32_t shift) {
    return shift <= NNZ_SHIFT_MAX || (takes_factors(op) && shift == NNZ_SHIFT_FACTOR);
}

nnz_status nnz_requantized_check(const nnz_op *op, const uint32_t *params, uint32_t bias, uint32_t rows,
                                 nnz_error *error) {
    const int32_t zero = (int32_t)params[0], lo = (int32_t)params[1], hi = (int32_t)params[2];
    if (zero < -128 || zero > 127 || lo < -128 || lo > hi || hi > 127 || !is_shift(op, params[3]))
        return nnz_op_fail(op, error, "its zero point, bounds or shift are out of range");
    nnz_status status = nnz_op_check_activation(op, false, error);
    if (!status)
        status = nnz_op_check_constant(op, bias, NNZ_INT32, rows, false, error);
    if (!status)
        status = nnz_op_check_constant(op, bias + 1, NNZ_INT32, rows, false, error);
    if (status)
        return status;
    const nnz_requantized r = nnz_requantized_of(op, params, bias);
    for (uint32_t i = 0; i < rows; i++)
        if (r.multiplier[i] < 0 ||
            (!NNZ_ONLY_SMALL && r.shift == NNZ_SHIFT_FACTOR && r.multiplier[i] > NNZ_FACTOR_MAX) ||
            r.bias[i] > BIAS_MAX || r.bias[i] < -BIAS_MAX)
            return nnz_op_fail(op, error, "a bias or multiplier is out of range");
    return NNZ_OK;
}

nnz_requantized nnz_requantized_of(const nnz_op *op, const uint32_t *params, uint32_t bias) {
    return (nnz_requantized){
        .zero = (int32_t)params[0],
        .lo = (int32_t)params[1],
        .hi = (int32_t)params[2],
        .shift = params[3],
        .bias = nnz_op_constant(op, op->inputs[bias]),
        .multiplier = nnz_op_constant(op, op->inputs[bias + 1]),
    };
}

void nnz_correct_bias(const nnz_model *model, const nnz_matrix_record *m, const int32_t *bias, int32_t offset,
                      int32_t *corrected) {
    const int8_t *w = nnz_model_data(model, m->values);
    const uint32_t height = nnz_block_rows(m), width = nnz_block_cols(m), groups = nnz_groups(m);
    const uint16_t *count = m->encoding == NNZ_DENSE ? NULL : nnz_model_data(model, m->count);
    const uint32_t kblocks = count ? nnz_kblocks(m) : 1;
    for (uint32_t r = 0; r < m->rows; r++)
        corrected[r] = bias[r];
    for (uint32_t kb = 0; kb < kblocks; kb++)
        for (uint32_t g = 0; g < groups; g++) {
            uint32_t n = count ? count[(size_t)kb * groups + g] : nnz_units(m);
            for (uint32_t i = 0; i < n; i++)
                for (uint32_t k = 0; k < height * width; k++, w++)
                    if (g * height + k / width < m->rows)
                        corrected[g * height + k / width] -= offset * *w;
        }
}
