/*
 * qmatmul: products of int8 activations, matrix by matrix. Rows of A are packed into panels of eight, as dense weights
 * are stored; B is read where it is, in tiles of pixels.
 */
#include "quantized.h"

enum { A, B, INPUTS };
enum { TRANSPOSE_A, ZA, ZB, ZY, M, S, LO, HI, PARAMS };
enum {
    ROWS = 128, /* of A packed at a time */
    PANEL = 8,
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

static size_t panel_bytes(const qmatmul_shape *s) {
    return (size_t)(s->k + 3) / 4 * 4 * PANEL;
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    (void)config, (void)memory, (void)error;
    qmatmul_shape s;
    read_shape(op, &s);
    needs->scratch = panel_bytes(&s) * ((nnz_min(s.m, ROWS) + PANEL - 1) / PANEL);
    return NNZ_OK;
}

static uint32_t load_word(const int8_t *x) {
    uint32_t word;
    memcpy(&word, x, sizeof word);
    return word;
}

static void store_word(int8_t *y, uint32_t word) {
    memcpy(y, &word, sizeof word);
}

/* What is left of a word whose last bytes stand for nothing: `left` bytes, if they are below 4. */
static uint32_t mask_of(uint32_t left) {
    return left < 4 ? (1u << 8 * left) - 1 : UINT32_MAX;
}

/* A is stored [K / 4][M][4]: panels are runs of it. */
static void pack_transposed(const qmatmul_shape *s, const int8_t *a, uint32_t row, uint32_t count, int8_t *panel) {
    for (uint32_t k = 0; k < s->k; k += 4, panel += 4 * PANEL) {
        const uint32_t mask = mask_of(s->k - k);
        const int8_t *from = a + ((size_t)(k / 4) * s->m + row) * 4;
        if (count == PANEL && mask == UINT32_MAX) {
            memcpy(panel, from, 4 * PANEL);
            continue;
        }
        for (uint32_t r = 0; r < PANEL; r++)
            store_word(panel + 4 * r, r < count ? load_word(from + 4 * r) & mask : 0);
    }
}

/* Four words of four bytes, transposed, to y, y + 4, ... */
static void transpose_4x4(const uint32_t w[4], int8_t *y) {
    const uint32_t low = 0x00FF00FF;
    const uint32_t a = (w[0] & low) | (w[1] & low) << 8, b = (w[0] >> 8 & low) | (w[1] & ~low);
    const uint32_t c = (w[2] & low) | (w[3] & low) << 8, d = (w[2] >> 8 & low) | (w[3] & ~low);
    store_word(y, (a & 0xFFFF) | c << 16);
    store_word(y + 4, (b & 0xFFFF) | d << 16);
    store_word(y + 8, a >> 16 | (c & 0xFFFF0000));
    store_word(y + 12, b >> 16 | (d & 0xFFFF0000));
}

/* A is stored [M / 4][K][4]: four rows of four columns at a time. */
static void pack_rows(const qmatmul_shape *s, const int8_t *a, uint32_t row, uint32_t count, int8_t *panel) {
    for (uint32_t r = 0; r < PANEL; r += 4) {
        const uint32_t mask = r < count ? mask_of(count - r) : 0;
        const int8_t *from = a + (size_t)(row + r) / 4 * s->k * 4;
        for (uint32_t k = 0; k < s->k; k += 4, from += 16) {
            uint32_t words[4] = {0, 0, 0, 0};
            if (mask == UINT32_MAX && s->k - k >= 4)
                memcpy(words, from, sizeof words);
            else
                for (uint32_t i = 0; i < 4 && k + i < s->k && mask; i++)
                    words[i] = load_word(from + 4 * i) & mask;
            transpose_4x4(words, panel + (size_t)k * PANEL + 4 * r);
        }
    }
}

/* Rows [row, row + rows) of A as panels; what they lack to whole blocks is 0. */
static void pack(const qmatmul_shape *s, const int8_t *a, uint32_t row, uint32_t rows, int8_t *panel) {
    for (uint32_t r = 0; r < rows; r += PANEL, panel += panel_bytes(s)) {
        const uint32_t count = rows - r < PANEL ? rows - r : PANEL;
        if (s->transpose_a)
            pack_transposed(s, a, row + r, count, panel);
        else
            pack_rows(s, a, row + r, count, panel);
    }
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
    const uint32_t matrix = i / run->tiles, pixel = i % run->tiles * NNZ_MATMUL_PIXELS;
    const size_t k4 = (size_t)(s->k + 3) / 4 * 4, m4 = (size_t)(s->m + 3) / 4 * 4;
    const int8_t *a = nnz_exec_input(run->exec, A);
    a += matrix * (s->transpose_a ? k4 * s->m : m4 * s->k);
    int8_t *panel = nnz_exec_scratch(run->exec, worker), *y = run->all.y;
    for (uint32_t row = 0; row < s->m; row += ROWS) {
        nnz_matmul_s8 part = run->all;
        part.a = panel;
        part.b += (matrix * k4 * s->p) + (size_t)pixel * 4;
        part.y = y + (matrix * m4 + row) * s->p + (size_t)pixel * 4;
        part.rows = (uint32_t)nnz_min(s->m - row, ROWS);
        part.pixels = (uint32_t)nnz_min(s->p - pixel, NNZ_MATMUL_PIXELS);
        pack(s, a, row, part.rows, panel);
        ((nnz_matmul_s8_fn)run->exec->kernel->function)(&part);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    qmatmul_run r = {.exec = exec};
    read_shape(op, &r.shape);
    r.tiles = nnz_ceil_div(r.shape.p, NNZ_MATMUL_PIXELS);
    r.all = (nnz_matmul_s8){
        .b = nnz_exec_input(exec, B),
        .y = nnz_exec_output(exec, 0),
        .ldb = 4 * (size_t)r.shape.p,
        .ldy = 4 * (size_t)r.shape.p,
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
