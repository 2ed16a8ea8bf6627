/* Fully connected: a matrix times a vector, or times several, one after the other. Tasks are parts of the rows. */
#include "activation.h"
#include "narrow.h"
#include "tile.h"
#include "work.h"

enum { X, BIAS, SLOPE, INPUTS };
enum { MATRIX, PARAMS };

typedef struct fc_plan {
    nnz_tiling tiling;
    uint32_t expand, activation; /* positions of kernels */
    uint32_t parts[];            /* the table of parts */
} fc_plan;

/* N of [N, ...]; 1 for a vector. */
static uint32_t vector_count(const nnz_tensor_record *t) {
    return t->rank < 2 ? 1 : t->dims[0];
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error);
    if (!status)
        status = nnz_op_check_float(op, X, error);
    if (!status)
        status = nnz_op_check_matrix(op, op->params[MATRIX], error);
    if (status)
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, X), *y = nnz_op_output(op, 0);
    const nnz_matrix_record *m = nnz_op_matrix(op, op->params[MATRIX]);
    uint64_t n = vector_count(x);
    if (m->encoding == NNZ_RB4 || m->encoding > NNZ_F8X1 || m->dtype == NNZ_INT8)
        return nnz_op_fail(op, error, "its matrix must be dense, u1 or f8x1, and not int8");
    if (nnz_tensor_elements(x) != n * m->cols || nnz_tensor_elements(y) != n * m->rows || y->dtype != NNZ_FLOAT32)
        return nnz_op_fail(op, error, "its matrix does not fit x and y");
    status = nnz_op_check_constant(op, BIAS, NNZ_FLOAT32, m->rows, true, error);
    return status ? status : nnz_activation_check(op, SLOPE, m->rows, error);
}

static nnz_tiling tiling_of(const nnz_matrix_record *m, const nnz_config *config) {
    /* A part that is worth waking a thread for takes some microseconds. */
    enum { PART_BLOCKS = 1 << 16 };
    nnz_tiling t = {.kblock = m->kblock, .kblocks = 1, .part_groups = 1};
    if (m->encoding != NNZ_DENSE)
        t.kblocks = nnz_kblocks(m);
    uint32_t height = nnz_block_rows(m), wanted = 1 + m->blocks / (PART_BLOCKS / height);
    t.groups = nnz_groups(m);
    t.parts = wanted < config->threads ? wanted : config->threads;
    if (t.parts > t.groups)
        t.parts = t.groups;
    return t;
}

/* Bytes of scratch that a piece of narrow values is expanded into. */
static size_t piece_bytes(const nnz_matrix_record *m) {
    return nnz_narrow_has_matvec(m) ? 0 : nnz_narrow_scratch(m);
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    const nnz_tiling tiling = tiling_of(nnz_op_matrix(op, op->params[MATRIX]), config);
    return sizeof(fc_plan) + nnz_tiling_table_bytes(&tiling);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    static const nnz_family families[] = {
        [NNZ_DENSE] = NNZ_FAMILY_MATVEC_F32_DENSE,
        [NNZ_U1] = NNZ_FAMILY_MATVEC_F32_U1,
        [NNZ_F8X1] = NNZ_FAMILY_MATVEC_F32_F8X1,
    };
    const nnz_matrix_record *m = nnz_op_matrix(op, op->params[MATRIX]);
    fc_plan *p = memory;
    const bool direct = nnz_narrow_has_matvec(m);
    const nnz_family family = direct ? nnz_narrow_matvec_family(m) : families[m->encoding];
    nnz_status status = nnz_op_kernel(op, config, family, &needs->kernel, error);
    p->expand = NNZ_NONE;
    if (!status && !direct)
        status = nnz_narrow_plan(op, config, m, &p->expand, error);
    if (status)
        return status;
    p->tiling = tiling_of(m, config);
    nnz_tiling_fill_table(&p->tiling, m, op->model, p->parts);
    needs->scratch = piece_bytes(m) + nnz_tiling_cursor_bytes(&p->tiling);
    return nnz_activation_plan(op, config, SLOPE, &p->activation, error);
}

typedef struct fc_run {
    const nnz_exec *exec;
    const fc_plan *plan;
    nnz_activation activation;
    const float *x;
    float *y;
} fc_run;

static void task(void *context, uint32_t part, uint32_t worker) {
    const fc_run *run = context;
    const nnz_op *op = run->exec->op;
    const nnz_tiling *t = &run->plan->tiling;
    const nnz_activation *activation = &run->activation;
    const nnz_matrix_record *m = nnz_op_matrix(op, op->params[MATRIX]);
    const nnz_kernel *kernel = run->exec->kernel;
    const nnz_expand_fn expand = nnz_narrow_function(op, run->plan->expand);
    const uint32_t vectors = vector_count(nnz_op_input(op, X));
    float *piece = nnz_exec_scratch(run->exec, worker);
    nnz_matvec_f32 a = {
        .values = nnz_model_data(op->model, m->values),
        .index = nnz_model_data(op->model, m->index),
        .count = nnz_model_data(op->model, m->count),
        .cursor = (uint32_t *)((uint8_t *)piece + piece_bytes(m)),
        .groups = t->groups,
        .cols = m->cols,
        .kblock = t->kblock,
        .kblocks = t->kblocks,
        .bias = nnz_exec_input(run->exec, BIAS),
        .lo = activation->lo,
        .hi = activation->hi,
    };
    for (uint32_t i = 0; i < vectors; i++) {
        const nnz_row_part rows = nnz_tiling_part(t, m, op->model, run->plan->parts, part, a.cursor);
        a.x = run->x + (size_t)i * m->cols;
        a.y = run->y + (size_t)i * m->rows;
        a.row_begin = rows.begin;
        a.row_end = rows.end;
        nnz_narrow narrow = nnz_narrow_begin(op->model, m, expand, piece);
        if (nnz_narrow_has_matvec(m))
            nnz_narrow_matvec(&narrow, (nnz_matvec_narrow_fn)kernel->function, &a);
        else if (expand)
            nnz_narrow_expand_matvec(&narrow, (nnz_matvec_f32_fn)kernel->function, &a);
        else
            ((nnz_matvec_f32_fn)kernel->function)(&a);
        if (activation->slope) {
            for (uint32_t r = a.row_begin; r < a.row_end; r++)
                nnz_activation_run(activation, r, a.y + r, 1);
        } else {
            nnz_activation_run(activation, 0, a.y + a.row_begin, a.row_end - a.row_begin);
        }
    }
}

static void run(const nnz_exec *exec) {
    const fc_plan *p = exec->plan;
    fc_run r = {
        .exec = exec,
        .plan = p,
        .activation = nnz_activation_of(exec->op, SLOPE, p->activation),
        .x = nnz_exec_input(exec, X),
        .y = nnz_exec_output(exec, 0),
    };
    nnz_exec_parallel(exec, task, &r, p->tiling.parts);
}

const nnz_op_impl nnz_op_fc = {
    .kind = NNZ_OP_FC,
    .name = "fc",
    .check = check,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
};
