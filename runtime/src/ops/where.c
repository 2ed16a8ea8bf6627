/* where: of two tensors, the element that a condition chooses; all three are broadcast to the output's shape. */
#include "work.h"

enum { CONDITION, A, B, INPUTS };

/* The length of axis `axis` of y in an operand, whose axes are aligned at the last; 1 where it lacks the axis. */
static uint32_t operand_dim(const nnz_tensor_record *operand, const nnz_tensor_record *y, uint32_t axis) {
    const uint32_t missing = (uint32_t)y->rank - operand->rank;
    return axis < missing ? 1 : operand->dims[axis - missing];
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, 0, error)) ||
        (status = nnz_op_check_activation(op, false, error)) || (status = nnz_op_check_float(op, A, error)) ||
        (status = nnz_op_check_float(op, B, error)) || (status = nnz_op_check_float_output(op, error)))
        return status;
    const nnz_tensor_record *y = nnz_op_output(op, 0);
    uint32_t rank = 0, dims[NNZ_MAX_RANK] = {0};
    for (uint32_t k = 0; k < INPUTS; k++) {
        const nnz_tensor_record *x = nnz_op_input(op, k);
        if (!x || (k == CONDITION && x->dtype != NNZ_BOOL))
            return nnz_op_fail(op, error, "its condition must be bool");
        rank = x->rank > rank ? x->rank : rank;
    }
    if (y->rank != rank)
        return nnz_op_fail(op, error, "the output's rank must be the largest one of the inputs");
    for (uint32_t i = 0; i < rank; i++) {
        dims[i] = 1;
        for (uint32_t k = 0; k < INPUTS; k++) {
            const uint32_t n = operand_dim(nnz_op_input(op, k), y, i);
            if (n != 1 && dims[i] != 1 && n != dims[i])
                return nnz_op_fail(op, error, "the inputs do not broadcast");
            dims[i] = n == 1 ? dims[i] : n;
        }
        if (y->dims[i] != dims[i])
            return nnz_op_fail(op, error, "the output's dims must be those of the inputs broadcast together");
    }
    return NNZ_OK;
}

typedef struct where_work {
    const uint8_t *condition;
    const float *a, *b;
    float *y;
    uint32_t rank, dims[NNZ_MAX_RANK], steps[INPUTS][NNZ_MAX_RANK]; /* of y, an axis of 1 last if it has none */
    size_t rows;
    uint32_t parts;
} where_work;

/* One run along the last axis. */
static void choose(const where_work *w, size_t row) {
    const uint32_t last = w->rank - 1, n = w->dims[last];
    size_t at[INPUTS] = {0}, rest = row;
    for (uint32_t axis = last; axis-- > 0; rest /= w->dims[axis])
        for (uint32_t k = 0; k < INPUTS; k++)
            at[k] += rest % w->dims[axis] * w->steps[k][axis];
    const uint8_t *condition = w->condition + at[CONDITION];
    const float *a = w->a + at[A], *b = w->b + at[B];
    float *y = w->y + row * n;
    for (uint32_t i = 0; i < n; i++)
        y[i] = condition[i * w->steps[CONDITION][last]] ? a[i * w->steps[A][last]] : b[i * w->steps[B][last]];
}

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const where_work *w = context;
    for (size_t row = nnz_part(w->rows, w->parts, i), end = nnz_part(w->rows, w->parts, i + 1); row < end; row++)
        choose(w, row);
}

static void run(const nnz_exec *exec) {
    const nnz_tensor_record *y = nnz_op_output(exec->op, 0);
    where_work w = {
        .condition = nnz_exec_input(exec, CONDITION),
        .a = nnz_exec_input(exec, A),
        .b = nnz_exec_input(exec, B),
        .y = nnz_exec_output(exec, 0),
        .rank = y->rank ? y->rank : 1,
        .dims = {1},
    };
    for (uint32_t k = 0; k < INPUTS; k++) {
        uint32_t size = 1;
        for (uint32_t i = y->rank; i-- > 0;) {
            const uint32_t n = operand_dim(nnz_op_input(exec->op, k), y, i);
            w.dims[i] = y->dims[i];
            w.steps[k][i] = n == 1 ? 0 : size;
            size *= n;
        }
    }
    w.rows = nnz_tensor_elements(y) / w.dims[w.rank - 1];
    w.parts = nnz_parts(w.rows, w.dims[w.rank - 1]);
    nnz_exec_parallel(exec, run_part, &w, w.parts);
}

const nnz_op_impl nnz_op_where = {.kind = NNZ_OP_WHERE, .name = "where", .check = check, .run = run};
