/* qmatmul: products of int8 activations, matrix by matrix, in tiles of pixels. */
#include "quantized.h"

enum { A, B, INPUTS };
enum { TRANSPOSE_A, ZA, ZB, ZY, M, S, LO, HI, PARAMS };
enum {
    TILE = 128,        /* pixels of a task */
    DEPTH_MAX = 32768, /* so that sums of products below 2^16 fit 31 bits */
};

typedef struct qmatmul_shape {
    uint32_t n, m, k, p;
    bool transpose_a;
} qmatmul_shape;

static void read_shape(const nnz_op *op, qmatmul_shape *s) {
    const nnz_tensor_record *b = nnz_op_input(op, B), *y = nnz_op_output(op, 0);
    *s = (qmatmul_shape){b->dims[0], y->dims[1], b->dims[1], b->dims[2], op->params[TRANSPOSE_A]};
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error)) ||
        (status = nnz_op_check_activation(op, false, error)) || (status = nnz_op_check_planes4(op, A, error)) ||
        (status = nnz_op_check_planes4(op, B, error)) || (status = nnz_op_check_zero_point(op, ZA, error)) ||
        (status = nnz_op_check_zero_point(op, ZB, error)) || (status = nnz_op_check_zero_point(op, ZY, error)) ||
        (status = nnz_op_check_clamp(op, LO, error)))
        return status;
    if (NNZ_ONLY_SMALL || op->params[S] != NNZ_SHIFT_FACTOR)
        status = nnz_op_check_shift(op, S, error);
    else if (nnz_op_signed(op, M) > NNZ_FACTOR_MAX)
        status = nnz_op_fail(op, error, "its factor must be below 1");
    if (status)
        return status;
    const nnz_tensor_record *a = nnz_op_input(op, A), *b = nnz_op_input(op, B), *y = nnz_op_output(op, 0);
    if (a->rank != 3 || b->rank != 3 || y->rank != 3)
        return nnz_op_fail(op, error, "inputs and output must be of rank 3");
    if (op->params[TRANSPOSE_A] > 1 || nnz_op_signed(op, M) < 0)
        return nnz_op_fail(op, error, "its transposition must be 0 or 1, its multiplier not negative");
    qmatmul_shape s;
    read_shape(op, &s);
    if (a->dims[0] != s.n || y->dims[0] != s.n || a->dims[1 + !s.transpose_a] != s.k ||
        a->dims[1 + s.transpose_a] != s.m || y->dims[2] != s.p)
        return nnz_op_fail(op, error, "its matrices do not fit each other");
    return s.k <= DEPTH_MAX ? NNZ_OK : nnz_op_fail(op, error, "its sums must be of at most 32768 products");
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    (void)memory, (void)error;
    qmatmul_shape s;
    read_shape(op, &s);
    if (!nnz_isa_is_small(config->isa))
        needs->scratch = nnz_matmul_s8_scratch((uint32_t)nnz_min(s.m, NNZ_MATMUL_ROWS), s.k);
    return NNZ_OK;
}

typedef struct qmatmul_run {
    const nnz_exec *exec;
    qmatmul_shape shape;
    uint32_t tiles;
    nnz_matmul_s8 all;
} qmatmul_run;

/* Task i: a tile of pixels of one product. */
static void task(void *context, uint32_t i, uint32_t worker) {
    const qmatmul_run *run = context;
    const qmatmul_shape *s = &run->shape;
    const uint32_t matrix = i / run->tiles, pixel = i % run->tiles * TILE;
    const size_t k4 = (size_t)(s->k + 3) / 4 * 4, m4 = (size_t)(s->m + 3) / 4 * 4;
    nnz_matmul_s8 part = run->all;
    part.a += matrix * (s->transpose_a ? k4 * s->m : m4 * s->k);
    part.b += matrix * k4 * s->p + (size_t)pixel * 4;
    part.y += matrix * m4 * s->p + (size_t)pixel * 4;
    part.pixels = (uint32_t)nnz_min(s->p - pixel, TILE);
    part.scratch = nnz_isa_is_small(run->exec->config->isa) ? NULL : nnz_exec_scratch(run->exec, worker);
    for (uint32_t row = 0; row < s->m; row += NNZ_MATMUL_ROWS) {
        part.rows = (uint32_t)nnz_min(s->m - row, NNZ_MATMUL_ROWS);
        ((nnz_matmul_s8_fn)run->exec->kernel->function)(&part);
        part.a += NNZ_MATMUL_ROWS * (s->transpose_a ? 4 : (size_t)s->k);
        part.y += NNZ_MATMUL_ROWS * (size_t)s->p;
    }
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    qmatmul_run r = {.exec = exec};
    read_shape(op, &r.shape);
    r.tiles = nnz_ceil_div(r.shape.p, TILE);
    r.all = (nnz_matmul_s8){
        .a = nnz_exec_input(exec, A),
        .b = nnz_exec_input(exec, B),
        .y = nnz_exec_output(exec, 0),
        .lda = 4 * (size_t)(r.shape.transpose_a ? r.shape.m : r.shape.k),
        .ldb = 4 * (size_t)r.shape.p,
        .ldy = 4 * (size_t)r.shape.p,
        .transposed = r.shape.transpose_a,
        .depth = r.shape.k,
        .zero_a = nnz_op_signed(op, ZA),
        .zero_b = nnz_op_signed(op, ZB),
        .multiplier = nnz_op_signed(op, M),
        .shift = op->params[S],
        .zero = nnz_op_signed(op, ZY),
        .lo = nnz_op_signed(op, LO),
        .hi = nnz_op_signed(op, HI),
    };
    nnz_exec_parallel(exec, task, &r, r.shape.n * r.tiles);
}

const nnz_op_impl nnz_op_qmatmul = {
    .kind = NNZ_OP_QMATMUL,
    .planes4 = true,
    .name = "qmatmul",
    .check = check,
    .family = NNZ_FAMILY_MATMUL_S8,
    .plan = plan,
    .run = run,
};
