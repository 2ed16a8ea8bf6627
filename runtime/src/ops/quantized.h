/* What the int8 operators but the products share: checks of tensors and numbers, and cutting bytes into tasks. */
#ifndef NNZ_OPS_QUANTIZED_H
#define NNZ_OPS_QUANTIZED_H

#include "../op.h"
#include "../requantize.h"
#include "work.h"

/* Input i and output 0 are int8 of one layout and one shape. */
nnz_status nnz_op_check_alike(const nnz_op *op, uint32_t i, nnz_error *error);

/* Input i and output 0 are int8 in layout planes4. */
nnz_status nnz_op_check_planes4(const nnz_op *op, uint32_t i, nnz_error *error);

/* The parameter is a zero point: -128 to 127. */
nnz_status nnz_op_check_zero_point(const nnz_op *op, uint32_t param, nnz_error *error);

/* The parameters `lo` and the next are -128 <= lo <= hi <= 127. */
nnz_status nnz_op_check_clamp(const nnz_op *op, uint32_t lo, nnz_error *error);

/* The parameter is a shift of R. */
nnz_status nnz_op_check_shift(const nnz_op *op, uint32_t param, nnz_error *error);

/* The parameters from `first` on are MA, MB, C, S, lo, hi of an addition (docs/FORMAT.md, qadd). */
nnz_status nnz_op_check_add(const nnz_op *op, uint32_t first, nnz_error *error);
enum { NNZ_ADD_PARAMS = 6 };

/* Those numbers. */
nnz_add_s8 nnz_op_add(const nnz_op *op, uint32_t first);

/* Input i is a constant of `count` int32 values in [low, high]. */
nnz_status nnz_op_check_values(const nnz_op *op, uint32_t i, size_t count, int32_t low, int32_t high, nnz_error *error);

/* Whether a parameter behind the `params` of the other form, which is 1, says that the operator takes the exact one
 * (docs/FORMAT.md section 10.5). Builds for small levels have none. */
static inline bool nnz_op_is_exact(const nnz_op *op, uint32_t params) {
    return !NNZ_ONLY_SMALL && op->record->param_count > params && op->params[params] == 1;
}

static inline int32_t nnz_op_signed(const nnz_op *op, uint32_t param) {
    return (int32_t)op->params[param];
}

/* Bytes [begin, end). */
typedef struct nnz_byte_range {
    size_t begin, end;
} nnz_byte_range;

/* Tasks for elementwise work on `bytes`, and the range of each: whole cache lines. */
static inline uint32_t nnz_byte_parts(size_t bytes) {
    return nnz_parts((bytes + 63) / 64, 64);
}

static inline nnz_byte_range nnz_byte_part(size_t bytes, uint32_t parts, uint32_t i) {
    const size_t lines = (bytes + 63) / 64;
    return (nnz_byte_range){nnz_part(lines, parts, i) * 64, nnz_min(nnz_part(lines, parts, i + 1) * 64, bytes)};
}

#endif
