/* int8 fully connected: as fc.c, with requantisation in the kernel. */
#include "exact_units.h"
#include "requantized.h"

#include <string.h>

enum { X, BIAS, MULTIPLIER, INPUTS };
enum { MATRIX, REQUANTIZED, PARAMS = REQUANTIZED + 4 };
enum { COLS_MAX = 65536 };

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error);
    if (!status)
        status = nnz_op_check_matrix(op, op->params[MATRIX], error);
    if (status)
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, X), *y = nnz_op_output(op, 0);
    const nnz_matrix_record *m = nnz_op_matrix(op, op->params[MATRIX]);
    if (!x || x->dtype != NNZ_INT8 || y->dtype != NNZ_INT8 || y->layout != NNZ_LAYOUT_PLAIN)
        return nnz_op_fail(op, error, "x and y must be int8, and y plain");
    const uint32_t n = x->rank < 2 ? 1 : x->dims[0], bytes = (uint32_t)nnz_tensor_bytes(x) / n;
    bool fits = m->cols == bytes || (x->layout == NNZ_LAYOUT_PLAIN && m->cols == (bytes + 3) / 4 * 4);
    if (m->dtype != NNZ_INT8 || m->encoding == NNZ_Q1X4 || !fits || m->cols > COLS_MAX || (n > 1 && bytes % 4) ||
        nnz_tensor_elements(y) != (uint64_t)n * m->rows)
        return nnz_op_fail(op, error, "its matrix must be int8, dense, u1 or q8x4, and fit x and y");
    return nnz_requantized_check(op, op->params + REQUANTIZED, BIAS, m->rows, error);
}

static uint32_t kblocks_of(const nnz_matrix_record *m) {
    return m->encoding == NNZ_DENSE ? 1 : nnz_kblocks(m);
}

static nnz_family family_of(const nnz_matrix_record *m) {
    static const nnz_family families[] = {
        [NNZ_DENSE] = NNZ_FAMILY_MATVEC_S8_DENSE,
        [NNZ_U1] = NNZ_FAMILY_MATVEC_S8_U1,
        [NNZ_Q8X4] = NNZ_FAMILY_MATVEC_S8_Q8X4,
    };
    return families[m->encoding];
}

static bool takes_units(const nnz_kernel *kernel, const nnz_matrix_record *m) {
    return NNZ_S8_TAKES_UNITS(kernel->isa) && m->encoding == NNZ_U1;
}

/* The part of a plan: bias [rows], corrected for the kernel, none where the level's kernels take the file's; then
 * units. Small levels have neither. */
static uint64_t bias_bytes(const nnz_kernel *kernel, const nnz_matrix_record *m) {
    return NNZ_S8_OFFSET(kernel->isa) ? m->rows * sizeof(int32_t) : 0;
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    const nnz_matrix_record *m = nnz_op_matrix(op, op->params[MATRIX]);
    const nnz_kernel *kernel = NNZ_ONLY_SMALL ? NULL : nnz_find_kernel(op, config, family_of(m));
    if (!kernel)
        return 0;
    uint64_t bytes = bias_bytes(kernel, m);
    if (takes_units(kernel, m)) {
        const nnz_weights_s8 weights = nnz_weights_s8_of(op->model, m, kernel->isa);
        bytes += nnz_exact_units_bytes(&weights);
    }
    return bytes;
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    const nnz_matrix_record *m = nnz_op_matrix(op, op->params[MATRIX]);
    nnz_status status = nnz_op_kernel(op, config, family_of(m), &needs->kernel, error);
    if (status)
        return status;
    const int32_t offset = NNZ_S8_OFFSET(needs->kernel->isa);
    if (offset)
        nnz_correct_bias(op->model, m, nnz_op_constant(op, op->inputs[BIAS]), offset, memory);
    if (takes_units(needs->kernel, m)) {
        const nnz_weights_s8 weights = nnz_weights_s8_of(op->model, m, needs->kernel->isa);
        nnz_exact_units_fill(&weights, (uint8_t *)memory + bias_bytes(needs->kernel, m));
    }
    needs->scratch = kblocks_of(m) * sizeof(uint32_t);
    return NNZ_OK;
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const nnz_tensor_record *x = nnz_op_input(op, X);
    const nnz_matrix_record *m = nnz_op_matrix(op, op->params[MATRIX]);
    const nnz_matvec_s8_fn matvec = (nnz_matvec_s8_fn)exec->kernel->function;
    const nnz_requantized r = nnz_requantized_of(op, op->params + REQUANTIZED, BIAS);
    const uint32_t vectors = x->rank < 2 ? 1 : x->dims[0];
    const size_t vector_bytes = (uint32_t)nnz_tensor_bytes(x) / vectors;
    nnz_matvec_s8 a = {
        .x = nnz_exec_input(exec, X),
        .y = nnz_exec_output(exec, 0),
        .row_end = m->rows,
        .values = nnz_model_data(op->model, m->values),
        .index = nnz_model_data(op->model, m->index),
        .count = nnz_model_data(op->model, m->count),
        .cursor = nnz_exec_scratch(exec, 0),
        .groups = nnz_groups(m),
        .units = nnz_units(m),
        .kblock = m->kblock,
        .kblocks = kblocks_of(m),
        .bias = NNZ_S8_OFFSET(exec->kernel->isa) ? exec->plan : r.bias,
        .multiplier = r.multiplier,
        .shift = r.shift,
        .zero = r.zero,
        .lo = r.lo,
        .hi = r.hi,
    };
    if (takes_units(exec->kernel, m))
        a.exact = nnz_exact_units_at((const uint8_t *)exec->plan + bias_bytes(exec->kernel, m));
    for (uint32_t i = 0; i < vectors; i++, a.x += vector_bytes, a.y += m->rows) {
        if (m->encoding != NNZ_DENSE)
            memcpy(a.cursor, nnz_model_data(op->model, m->start), a.kblocks * sizeof *a.cursor);
        matvec(&a);
    }
}

const nnz_op_impl nnz_op_qfc = {
    .kind = NNZ_OP_QFC,
    .planes4 = true,
    .name = "qfc",
    .check = check,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
};
