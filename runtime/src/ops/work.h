/* What operators share: finding kernels, fused activations, and cutting work into tasks. */
#ifndef NNZ_OPS_WORK_H
#define NNZ_OPS_WORK_H

#include "../op.h"

#include <string.h>

enum {
    NNZ_GRAIN = 16384, /* elements of work that are worth a task of their own */
    NNZ_RUN = 4096,    /* elements that stay in the L1 cache between two passes over them */
    NNZ_LINE = 16,     /* floats of a cache line: tasks do not share one */
    NNZ_MAX_PARTS = 256,
};

/*
 * Tasks for `items` that cost `cost` elements of work each. The answer depends on the work alone, never on the number
 * of threads, so that results do not either.
 */
static inline uint32_t nnz_parts(size_t items, size_t cost) {
    size_t parts = cost >= NNZ_GRAIN ? items : (size_t)((uint64_t)items * cost / NNZ_GRAIN);
    if (parts > NNZ_MAX_PARTS)
        parts = NNZ_MAX_PARTS;
    if (parts > items)
        parts = items;
    return parts ? (uint32_t)parts : 1;
}

/* The first item of part i; part `parts` begins at the end. */
static inline size_t nnz_part(size_t items, uint32_t parts, uint32_t i) {
    return items / parts * i + items % parts * i / parts;
}

static inline size_t nnz_lines(size_t elements) {
    return (elements + NNZ_LINE - 1) / NNZ_LINE;
}

/* What a chain must know of an operator on matrices whose columns follow from the same columns of an input. */
static inline nnz_rows nnz_matrix_rows(size_t matrices, size_t rows, size_t in_rows, size_t columns) {
    const uint32_t lines = (uint32_t)(columns / NNZ_LINE);
    return (nnz_rows){
        .images = (uint32_t)matrices,
        .planes = (uint32_t)rows,
        .in_planes = (uint32_t)in_rows,
        .height = lines,
        .in_height = lines,
        .bytes = NNZ_LINE * sizeof(float),
        .in_bytes = NNZ_LINE * sizeof(float),
        .stride = 1,
        .reach = 1,
        .step = 1,
        .matrices = true,
    };
}

static inline uint32_t nnz_ceil_div(uint32_t a, uint32_t b) {
    return (a + b - 1) / b;
}

/* A parameter word that holds a float32. */
static inline float nnz_float(uint32_t word) {
    float x;
    memcpy(&x, &word, sizeof x);
    return x;
}

/* The kernel of the fused activation: its position for the plan, NNZ_NONE where there is no activation; and its
 * function. */
static inline nnz_status nnz_activate_plan(const nnz_op *op, const nnz_config *config, uint32_t *id, nnz_error *error) {
    const nnz_kernel *unary = NULL;
    nnz_status status = NNZ_OK;
    if (op->record->activation != NNZ_ACT_NONE)
        status = nnz_op_kernel(op, config, NNZ_FAMILY_UNARY_F32, &unary, error);
    *id = nnz_kernel_id(op, unary);
    return status;
}
static inline nnz_unary_f32_fn nnz_activate_function(const nnz_op *op, uint32_t id) {
    return id == NNZ_NONE ? NULL : (nnz_unary_f32_fn)nnz_kernel_at(op, id)->function;
}

/* The fused activation, in place. */
static inline void nnz_activate(const nnz_op *op, nnz_unary_f32_fn unary, float *y, size_t n) {
    if (op->record->activation != NNZ_ACT_NONE)
        unary(op->record->activation, op->record->act, y, y, n);
}

/* Output 0 is float32. */
static inline nnz_status nnz_op_check_float_output(const nnz_op *op, nnz_error *error) {
    return nnz_op_output(op, 0)->dtype == NNZ_FLOAT32 ? NNZ_OK : nnz_op_fail(op, error, "its output must be float32");
}

static inline bool nnz_same_dims(const nnz_tensor_record *a, const nnz_tensor_record *b) {
    bool same = a->rank == b->rank;
    for (uint32_t i = 0; same && i < a->rank; i++)
        same = a->dims[i] == b->dims[i];
    return same;
}

#endif
