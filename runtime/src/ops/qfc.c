/* int8 fully connected: as fc.c, with requantisation in the kernel. */
#include "requantized.h"
#include "tile.h"

#include <string.h>

enum { X, BIAS, MULTIPLIER, INPUTS };
enum { MATRIX, REQUANTIZED, PARAMS = REQUANTIZED + 4 };
enum { COLS_MAX = 65536 };

typedef struct qfc_plan {
    const nnz_matrix_record *matrix;
    uint32_t vectors;
    size_t vector_bytes; /* of x */
    nnz_requantized requantized;
    nnz_matvec_s8_fn matvec;
    const int8_t *values;
    const uint8_t *index;
    const uint16_t *count;
    int32_t *bias;   /* [rows], corrected for the kernel */
    uint32_t *start; /* [kblocks] */
    uint32_t kblocks;
} qfc_plan;

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
    uint64_t n = x->rank < 2 ? 1 : x->dims[0], bytes = nnz_tensor_bytes(x) / n;
    bool fits = m->cols == bytes || (x->layout == NNZ_LAYOUT_PLAIN && m->cols == (bytes + 3) / 4 * 4);
    if (m->dtype != NNZ_INT8 || m->encoding == NNZ_Q1X4 || !fits || m->cols > COLS_MAX || (n > 1 && bytes % 4) ||
        nnz_tensor_elements(y) != n * m->rows)
        return nnz_op_fail(op, error, "its matrix must be int8, dense, u1 or q8x4, and fit x and y");
    return nnz_requantized_check(op, op->params + REQUANTIZED, BIAS, m->rows, error);
}

static uint32_t kblocks_of(const nnz_matrix_record *m) {
    return m->encoding == NNZ_DENSE ? 1 : nnz_kblocks(m);
}

static size_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)config;
    const nnz_matrix_record *m = nnz_op_matrix(op, op->params[MATRIX]);
    return nnz_align64(sizeof(qfc_plan)) + nnz_align64(m->rows * sizeof(int32_t)) + kblocks_of(m) * sizeof(uint32_t);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    static const nnz_family families[] = {
        [NNZ_DENSE] = NNZ_FAMILY_MATVEC_S8_DENSE,
        [NNZ_U1] = NNZ_FAMILY_MATVEC_S8_U1,
        [NNZ_Q8X4] = NNZ_FAMILY_MATVEC_S8_Q8X4,
    };
    const nnz_tensor_record *x = nnz_op_input(op, X);
    const nnz_matrix_record *m = nnz_op_matrix(op, op->params[MATRIX]);
    const nnz_kernel *kernel = nnz_find_kernel(op, config, families[m->encoding]);
    if (!kernel)
        return nnz_op_unsupported(op, error, "no kernel for its encoding in this build");
    qfc_plan *p = memory;
    *p = (qfc_plan){
        .matrix = m,
        .vectors = x->rank < 2 ? 1 : x->dims[0],
        .requantized = nnz_requantized_plan(op, op->params + REQUANTIZED, BIAS),
        .matvec = (nnz_matvec_s8_fn)kernel->function,
        .values = nnz_model_data(op->model, m->values),
        .index = nnz_model_data(op->model, m->index),
        .count = nnz_model_data(op->model, m->count),
        .kblocks = kblocks_of(m),
    };
    p->vector_bytes = nnz_tensor_bytes(x) / p->vectors;
    p->bias = (int32_t *)((uint8_t *)memory + nnz_align64(sizeof *p));
    p->start = (uint32_t *)((uint8_t *)p->bias + nnz_align64(m->rows * sizeof *p->bias));
    nnz_correct_bias(op->model, m, p->requantized.bias, NNZ_S8_OFFSET(kernel->isa), p->bias);
    if (m->encoding == NNZ_DENSE)
        *p->start = 0;
    else
        memcpy(p->start, nnz_model_data(op->model, m->start), p->kblocks * sizeof *p->start);
    needs->kernel = kernel->name;
    needs->scratch = p->kblocks * sizeof(uint32_t);
    return NNZ_OK;
}

static void run(const nnz_exec *exec) {
    const qfc_plan *p = exec->plan;
    const int8_t *x = nnz_exec_input(exec, X);
    int8_t *y = nnz_exec_output(exec, 0);
    nnz_matvec_s8 a = {
        .row_end = p->matrix->rows,
        .values = p->values,
        .index = p->index,
        .count = p->count,
        .cursor = nnz_exec_scratch(exec, 0),
        .groups = nnz_groups(p->matrix),
        .units = nnz_units(p->matrix),
        .kblock = p->matrix->kblock,
        .kblocks = p->kblocks,
        .bias = p->bias,
        .multiplier = p->requantized.multiplier,
        .shift = p->requantized.shift,
        .zero = p->requantized.zero,
        .lo = p->requantized.lo,
        .hi = p->requantized.hi,
    };
    for (uint32_t i = 0; i < p->vectors; i++) {
        a.x = x + i * p->vector_bytes;
        a.y = y + (size_t)i * p->matrix->rows;
        memcpy(a.cursor, p->start, p->kblocks * sizeof *a.cursor);
        p->matvec(&a);
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
