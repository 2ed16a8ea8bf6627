/*
 * matmul: products of activations, y = scale A B, matrix by matrix. Rows of A are packed into panels of eight, as dense
 * weights are stored, and the kernel of dense convolutions runs them over tiles of B's columns.
 */
#include "work.h"

#include <math.h>

enum { A, B, INPUTS };
enum { TRANSPOSE_A, TRANSPOSE_B, SCALE, PARAMS };
enum {
    ROWS = 256,  /* of A packed at a time: with DEPTH what stays in L2 */
    DEPTH = 256, /* columns of A packed at a time */
    PANEL = 8,
    TILE = NNZ_TILE_MAX, /* columns of B, at most */
    MIN_TASKS = 8,
};

typedef struct matmul_plan {
    uint32_t m, k, n;
    uint32_t transpose_a, transpose_b; /* bool */
    uint32_t direct;                   /* bool: rows of B serve as the tile where they are */
    float scale;
    uint32_t tile, tiles; /* columns of B */
    uint32_t batches, parts;
    uint32_t batch_rank, batch_dims[NNZ_MAX_RANK], a_step[NNZ_MAX_RANK], b_step[NNZ_MAX_RANK]; /* in matrices */
} matmul_plan;

static void read_shape(const nnz_op *op, matmul_plan *p) {
    const nnz_tensor_record *a = nnz_op_input(op, A), *b = nnz_op_input(op, B);
    const uint32_t rank = a->rank;
    *p = (matmul_plan){
        .transpose_a = op->params[TRANSPOSE_A],
        .transpose_b = op->params[TRANSPOSE_B],
        .scale = nnz_float(op->params[SCALE]),
        .batches = 1,
        .batch_rank = rank - 2,
    };
    p->m = a->dims[rank - 2 + p->transpose_a];
    p->k = a->dims[rank - 1 - p->transpose_a];
    p->n = b->dims[rank - 1 - p->transpose_b];
    uint32_t a_size = 1, b_size = 1;
    for (uint32_t i = rank - 2; i-- > 0;) {
        p->batch_dims[i] = a->dims[i] == 1 ? b->dims[i] : a->dims[i];
        p->a_step[i] = a->dims[i] == 1 ? 0 : a_size;
        p->b_step[i] = b->dims[i] == 1 ? 0 : b_size;
        a_size *= a->dims[i];
        b_size *= b->dims[i];
        p->batches *= p->batch_dims[i];
    }
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error)) || (status = nnz_op_check_float(op, A, error)) ||
        (status = nnz_op_check_float(op, B, error)) || (status = nnz_op_check_float_output(op, error)) ||
        (status = nnz_op_check_activation(op, false, error)))
        return status;
    const nnz_tensor_record *a = nnz_op_input(op, A), *b = nnz_op_input(op, B), *y = nnz_op_output(op, 0);
    if (a->rank < 2 || a->rank != b->rank || a->rank != y->rank)
        return nnz_op_fail(op, error, "inputs and output must have the same rank, at least 2");
    if (op->params[TRANSPOSE_A] > 1 || op->params[TRANSPOSE_B] > 1 || !isfinite(nnz_float(op->params[SCALE])))
        return nnz_op_fail(op, error, "its transpositions must be 0 or 1, its scale finite");
    for (uint32_t i = 0; i + 2 < a->rank; i++)
        if ((a->dims[i] != b->dims[i] && a->dims[i] != 1 && b->dims[i] != 1) ||
            y->dims[i] != (a->dims[i] == 1 ? b->dims[i] : a->dims[i]))
            return nnz_op_fail(op, error,
                               "the axes before the matrices must be those of the inputs broadcast together");
    matmul_plan p;
    read_shape(op, &p);
    if (p.k != b->dims[b->rank - 2 + p.transpose_b] || p.m != y->dims[y->rank - 2] || p.n != y->dims[y->rank - 1])
        return nnz_op_fail(op, error, "its matrices do not fit each other");
    return NNZ_OK;
}

/* Whether rows of B are whole vectors. */
static bool is_direct(const matmul_plan *p) {
    return !p->transpose_b && p->n % NNZ_LINE == 0;
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)op, (void)config;
    return sizeof(matmul_plan);
}

static size_t panel_bytes(const matmul_plan *p) {
    const size_t rows = nnz_min(p->m, ROWS), depth = nnz_min(p->k, DEPTH);
    return (size_t)nnz_align((rows + PANEL - 1) / PANEL * PANEL * depth * sizeof(float), NNZ_ALIGNMENT);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    (void)config, (void)error;
    matmul_plan *p = memory;
    read_shape(op, p);
    p->direct = is_direct(p);
    const uint32_t vectors = nnz_ceil_div(p->n, 16);
    p->tile = 16 * nnz_ceil_div(vectors, nnz_ceil_div(vectors, TILE / 16));
    p->tiles = nnz_ceil_div(p->n, p->tile);
    p->parts = (uint32_t)nnz_min(p->tiles, p->batches < MIN_TASKS ? nnz_ceil_div(MIN_TASKS, p->batches) : 1);
    needs->scratch = panel_bytes(p);
    if (!p->direct)
        needs->scratch += nnz_min(p->k, DEPTH) * p->tile * sizeof(float);
    return NNZ_OK;
}

/* scale A[row ... row + rows)[k ... k + depth) as panels [group][depth][PANEL]; the rows that the last one lacks are 0.
 */
static void pack_rows(const matmul_plan *p, const float *a, uint32_t row, uint32_t rows, uint32_t k, uint32_t depth,
                      float *panel) {
    for (uint32_t r = 0; r < rows; r += PANEL, panel += (size_t)depth * PANEL) {
        const uint32_t count = rows - r < PANEL ? rows - r : PANEL;
        if (p->transpose_a && count == PANEL) {
            const float *from = a + (size_t)k * p->m + row + r;
            for (uint32_t i = 0; i < depth; i++, from += p->m)
                for (uint32_t j = 0; j < PANEL; j++)
                    panel[i * PANEL + j] = p->scale * from[j];
            continue;
        }
        const size_t across = p->transpose_a ? p->m : 1, down = p->transpose_a ? 1 : p->k;
        const float *from = a + (row + r) * down + k * across;
        for (uint32_t j = 0; j < PANEL; j++)
            for (uint32_t i = 0; i < depth; i++)
                panel[i * PANEL + j] = j < count ? p->scale * from[j * down + i * across] : 0;
    }
}

/* B[k ... k + depth)[column ... column + columns) as a tile; the columns that its last vector lacks are 0. */
static void pack_columns(const matmul_plan *p, const float *b, uint32_t k, uint32_t depth, uint32_t column,
                         uint32_t columns, float *tile) {
    const size_t across = p->transpose_b ? p->k : 1, down = p->transpose_b ? 1 : p->n;
    const float *from = b + k * down + column * across;
    for (uint32_t i = 0; i < depth; i++) {
        float *to = tile + (size_t)i * p->tile;
        for (uint32_t j = 0; j < columns; j++)
            to[j] = from[i * down + j * across];
        for (uint32_t j = columns; j % 16; j++)
            to[j] = 0;
    }
}

/* Columns [begin, end) of a product; of b and y the rows are ldb and ldy apart. */
typedef struct matmul_part {
    const float *a, *b;
    float *y;
    uint32_t ldb, ldy, begin, end;
} matmul_part;

/* These columns of y = scale a b. */
static void multiply(const nnz_exec *exec, const matmul_part *part, uint32_t worker) {
    const matmul_plan *p = exec->plan;
    float *panel = nnz_exec_scratch(exec, worker), *tile = panel + panel_bytes(p) / sizeof *panel;
    for (uint32_t k = 0; k < p->k; k += DEPTH) {
        const uint32_t depth = (uint32_t)nnz_min(p->k - k, DEPTH);
        for (uint32_t row = 0; row < p->m; row += ROWS) {
            const uint32_t rows = (uint32_t)nnz_min(p->m - row, ROWS);
            pack_rows(p, part->a, row, rows, k, depth, panel);
            for (uint32_t column = part->begin, columns; column < part->end; column += columns) {
                columns = (uint32_t)nnz_min(part->end - column, p->tile);
                if (!p->direct)
                    pack_columns(p, part->b, k, depth, column, columns, tile);
                nnz_spmm_f32 spmm = {
                    .x = p->direct ? part->b + (size_t)k * part->ldb + column : tile,
                    .ldx = p->direct ? part->ldb : p->tile,
                    .y = part->y + (size_t)row * part->ldy + column,
                    .ldy = part->ldy,
                    .pixels = columns,
                    .row_end = rows,
                    .values = panel,
                    .groups = nnz_ceil_div(rows, PANEL),
                    .cols = depth,
                    .kblock = depth,
                    .kblock_end = 1,
                    .first = k == 0,
                    .last = k + depth == p->k,
                    .lo = -INFINITY,
                    .hi = INFINITY,
                };
                ((nnz_spmm_f32_fn)exec->kernel->function)(&spmm);
            }
        }
    }
}

/* The matrices of a product of the batch. */
static void find_matrices(const matmul_plan *p, uint32_t batch, size_t *a, size_t *b) {
    *a = *b = 0;
    for (uint32_t axis = p->batch_rank; axis-- > 0; batch /= p->batch_dims[axis]) {
        const uint32_t at = batch % p->batch_dims[axis];
        *a += (size_t)at * p->a_step[axis];
        *b += (size_t)at * p->b_step[axis];
    }
}

/* Task i: a part of the tiles of one product. */
static void task(void *context, uint32_t i, uint32_t worker) {
    const nnz_exec *exec = context;
    const matmul_plan *p = exec->plan;
    const uint32_t batch = i / p->parts, part = i % p->parts;
    size_t a, b;
    find_matrices(p, batch, &a, &b);
    const matmul_part columns = {
        .a = (const float *)nnz_exec_input(exec, A) + a * p->m * p->k,
        .b = (const float *)nnz_exec_input(exec, B) + b * p->k * p->n,
        .y = (float *)nnz_exec_output(exec, 0) + (size_t)batch * p->m * p->n,
        .ldb = p->n,
        .ldy = p->n,
        .begin = (uint32_t)nnz_part(p->tiles, p->parts, part) * p->tile,
        .end = (uint32_t)nnz_min(nnz_part(p->tiles, p->parts, part + 1) * p->tile, p->n),
    };
    multiply(exec, &columns, worker);
}

static void run(const nnz_exec *exec) {
    const matmul_plan *p = exec->plan;
    nnz_exec_parallel(exec, task, (void *)exec, p->batches * p->parts);
}

/* Bands are columns of y, made of the same columns of b, where each product has its own. */
static bool rows(const nnz_op *op, nnz_rows *rows) {
    matmul_plan p;
    read_shape(op, &p);
    *rows = nnz_matrix_rows(p.batches, p.m, p.k, p.n);
    rows->input = B;
    const size_t elements = nnz_tensor_elements(nnz_op_input(op, B));
    return is_direct(&p) && elements == (size_t)p.batches * p.k * p.n;
}

static void run_band(const nnz_exec *exec, const nnz_band *band) {
    const matmul_plan *p = exec->plan;
    size_t a, b;
    find_matrices(p, band->image, &a, &b);
    const matmul_part columns = {
        .a = (const float *)nnz_exec_input(exec, A) + a * p->m * p->k,
        .b = (const float *)(const void *)band->x.row0,
        .y = (float *)(void *)band->y.row0,
        .ldb = (uint32_t)(band->x.stride / sizeof(float)),
        .ldy = (uint32_t)(band->y.stride / sizeof(float)),
        .begin = band->begin * NNZ_LINE,
        .end = band->end * NNZ_LINE,
    };
    multiply(exec, &columns, band->worker);
}

const nnz_op_impl nnz_op_matmul = {
    .kind = NNZ_OP_MATMUL,
    .name = "matmul",
    .check = check,
    .family = NNZ_FAMILY_SPMM_F32_DENSE,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .rows = NNZ_ONLY_SMALL ? NULL : rows,
    .run_band = NNZ_ONLY_SMALL ? NULL : run_band,
};
