/* qsoftmax: over the last axis, with a table of exponentials and one division an element. */
#include "quantized.h"

enum { X, TABLE, INPUTS };
enum { ZY, Q, LO, HI, PARAMS };
enum { ONE = 1 << 23, AXIS_MAX = 65536, Q_MAX = 65536, QUOTIENT_BITS = 17 };

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error)) ||
        (status = nnz_op_check_activation(op, false, error)) || (status = nnz_op_check_alike(op, X, error)) ||
        (status = nnz_op_check_values(op, TABLE, 256, 0, ONE, error)) ||
        (status = nnz_op_check_zero_point(op, ZY, error)) || (status = nnz_op_check_clamp(op, LO, error)))
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, X);
    if (!x->rank || x->dims[x->rank - 1] > AXIS_MAX)
        return nnz_op_fail(op, error, "its last axis must exist and be at most 65536 long");
    if (*(const int32_t *)nnz_op_constant(op, op->inputs[TABLE]) != ONE)
        return nnz_op_fail(op, error, "its table must begin with 2^23");
    if (op->params[Q] < 1 || op->params[Q] > Q_MAX)
        return nnz_op_fail(op, error, "its factor Q must be 1 to 65536");
    return NNZ_OK;
}

typedef struct qsoftmax_work {
    const nnz_op *op;
    const int8_t *x;
    int8_t *y;
    const int32_t *table;
    size_t rows, n;
    uint32_t parts;
} qsoftmax_work;

/* floor(a / b), at most Q_MAX, bit by bit: a 64-bit division would be 700 bytes of library on a device without one. */
static int32_t divide(uint64_t a, uint64_t b) {
    int32_t quotient = 0;
    for (int bit = QUOTIENT_BITS - 1; bit >= 0; bit--) {
        const bool fits = a >= b << bit;
        a -= fits ? b << bit : 0;
        quotient |= (int32_t)fits << bit;
    }
    return quotient;
}

static void run_row(const qsoftmax_work *w, const int8_t *x, int8_t *y) {
    const int32_t zero = nnz_op_signed(w->op, ZY), lo = nnz_op_signed(w->op, LO), hi = nnz_op_signed(w->op, HI);
    int max = x[0];
    for (size_t i = 1; i < w->n; i++)
        max = x[i] > max ? x[i] : max;
    uint64_t sum = 0;
    for (size_t i = 0; i < w->n; i++)
        sum += (uint64_t)w->table[max - x[i]];
    for (size_t i = 0; i < w->n; i++) {
        const uint64_t e = (uint64_t)w->table[max - x[i]];
        y[i] = (int8_t)nnz_clamp(zero + divide(e * w->op->params[Q] + sum / 2, sum), lo, hi);
    }
}

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const qsoftmax_work *w = context;
    const size_t end = nnz_part(w->rows, w->parts, i + 1);
    for (size_t row = nnz_part(w->rows, w->parts, i); row < end; row++)
        run_row(w, w->x + row * w->n, w->y + row * w->n);
}

static void run(const nnz_exec *exec) {
    const nnz_tensor_record *x = nnz_op_input(exec->op, X);
    const size_t n = x->dims[x->rank - 1], rows = nnz_tensor_elements(x) / n;
    qsoftmax_work work = {
        .op = exec->op,
        .x = nnz_exec_input(exec, X),
        .y = nnz_exec_output(exec, 0),
        .table = nnz_exec_input(exec, TABLE),
        .rows = rows,
        .n = n,
        .parts = nnz_parts(rows, 4 * n),
    };
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

/* y[i] is written after the last use of x[i]. */
static bool in_place(const nnz_op *op, uint32_t i) {
    (void)op;
    return i == X;
}

const nnz_op_impl nnz_op_qsoftmax = {
    .kind = NNZ_OP_QSOFTMAX,
    .name = "qsoftmax",
    .check = check,
    .run = run,
    .in_place = in_place,
};
