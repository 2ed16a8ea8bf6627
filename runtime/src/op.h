/*
 * What an operator is to the runtime. Adding one: a file in ops/ that defines a `const nnz_op_impl`, and a line in
 * registry.c.
 *
 * The core calls check() once for each operator when a model is opened; whatever check() accepts, run() may trust.
 * plan() decides once for a CPU level and number of threads, run() works.
 */
#ifndef NNZ_OP_H
#define NNZ_OP_H

#include "format.h"
#include "kernel.h"
#include "nnz.h"
#include "status.h"

/* An operator of a model, with its arguments resolved. */
typedef struct nnz_op {
    const nnz_model *model;
    uint32_t id;
    const nnz_op_record *record;
    const uint32_t *inputs, *outputs; /* tensor ids; inputs may be NNZ_NONE */
    const uint32_t *params;
} nnz_op;

/* What an operator needs of its session besides its tensors. */
typedef struct nnz_op_needs {
    size_t scratch;     /* bytes for each thread, while the operator runs */
    const char *kernel; /* the name of its main kernel, or NULL */
} nnz_op_needs;

/* An operator at work. */
typedef struct nnz_exec {
    const nnz_op *op;
    const void *plan;        /* what plan() wrote */
    uint8_t *arena;          /* start of the activations */
    const uint32_t *offsets; /* of each tensor in the arena, in units of NNZ_ALIGNMENT */
    uint8_t *scratch;        /* of thread 0; the others follow at distances of scratch_stride */
    size_t scratch_stride;
    const nnz_parallel *parallel; /* never NULL */
} nnz_exec;

struct nnz_op_impl {
    uint16_t kind;
    bool planes4; /* whether it takes tensors of that layout: else all are plain */
    const char *name;

    /* Validates record, params, tensors. On failure: nnz_op_fail(). The core has checked already that argument ids are
       in range and params lie inside their section; nothing else. */
    nnz_status (*check)(const nnz_op *op, nnz_error *error);

    /* Bytes of this operator's part of the plan, and filling it (memory is aligned to NNZ_ALIGNMENT, `needs` zeroed
       before). Both NULL for operators that decide nothing. */
    size_t (*plan_size)(const nnz_op *op, const nnz_config *config);
    nnz_status (*plan)(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs, nnz_error *error);

    /* NULL for an operator that does nothing (reshape). */
    void (*run)(const nnz_exec *exec);

    /* Whether the output may share the memory of input `i` (same size, dies here): NULL means never. */
    bool (*in_place)(const nnz_op *op, uint32_t i);
};

/* ---- Looking at an operator -------------------------------------------------------------------------------------- */

/* The record of a tensor, NULL for NNZ_NONE. */
const nnz_tensor_record *nnz_op_tensor(const nnz_op *op, uint32_t tensor);
static inline const nnz_tensor_record *nnz_op_input(const nnz_op *op, uint32_t i) {
    return nnz_op_tensor(op, op->inputs[i]);
}
static inline const nnz_tensor_record *nnz_op_output(const nnz_op *op, uint32_t i) {
    return nnz_op_tensor(op, op->outputs[i]);
}

/* Elements of a tensor, and the bytes of its memory, padding of its layout included. nnz_open() has found both to be
 * below 2^31; what it looks at may be beyond 2^32 bytes. */
size_t nnz_tensor_elements(const nnz_tensor_record *tensor);
uint64_t nnz_tensor_bytes(const nnz_tensor_record *tensor);

/* The contents of a constant tensor. */
const void *nnz_op_constant(const nnz_op *op, uint32_t tensor);

/* A matrix of the model; params[i] must have been checked with nnz_op_check_matrix(). */
const nnz_matrix_record *nnz_op_matrix(const nnz_op *op, uint32_t matrix);

/* Resolves a blob of a matrix or constant in DATA. */
const void *nnz_model_data(const nnz_model *model, uint32_t offset);

/* Fills `op` for operator `id` of a model whose records are validated. */
void nnz_model_op(const nnz_model *model, uint32_t id, nnz_op *op);

/* ---- Checking: each returns NNZ_OK, or says which operator and what was expected -----------------------------------
 */

/* "conv 'block1/conv': WHAT" as NNZ_ERROR_FORMAT, and as NNZ_ERROR_UNSUPPORTED. */
#ifdef NNZ_NO_TEXT
static inline nnz_status nnz_op_fail(const nnz_op *op, nnz_error *error, const char *what) {
    (void)op;
    return nnz_fail(error, NNZ_ERROR_FORMAT, what);
}
static inline nnz_status nnz_op_unsupported(const nnz_op *op, nnz_error *error, const char *what) {
    (void)op;
    return nnz_fail(error, NNZ_ERROR_UNSUPPORTED, what);
}
#else
nnz_status nnz_op_fail(const nnz_op *op, nnz_error *error, const char *what);
nnz_status nnz_op_unsupported(const nnz_op *op, nnz_error *error, const char *what);
#endif

/* Exact numbers of inputs, outputs, params. */
nnz_status nnz_op_check_counts(const nnz_op *op, uint32_t inputs, uint32_t outputs, uint32_t params, nnz_error *error);
/* Input `i` is present and float32 (so plain). */
nnz_status nnz_op_check_float(const nnz_op *op, uint32_t i, nnz_error *error);
/* Input `i` is absent, or a constant of `dtype` with `elements` elements. */
nnz_status nnz_op_check_constant(const nnz_op *op, uint32_t i, nnz_dtype dtype, size_t elements, bool optional,
                                 nnz_error *error);
/* The fused activation is valid, or none where `allowed` is false. */
nnz_status nnz_op_check_activation(const nnz_op *op, bool allowed, nnz_error *error);
/* `matrix` is a matrix id. */
nnz_status nnz_op_check_matrix(const nnz_op *op, uint32_t matrix, nnz_error *error);

/* ---- At work -------------------------------------------------------------------------------------------------------
 */

/* The memory of an input or output: constant data or arena; NULL for NNZ_NONE. */
const void *nnz_exec_input(const nnz_exec *exec, uint32_t i);
void *nnz_exec_output(const nnz_exec *exec, uint32_t i);

/* Calls task(context, i, worker) for i in [0, count), spread over the session's threads. */
static inline void nnz_exec_parallel(const nnz_exec *exec, void (*task)(void *context, uint32_t i, uint32_t worker),
                                     void *context, uint32_t count) {
    if (count == 1)
        task(context, 0, 0);
    else
        exec->parallel->run(exec->parallel->pool, task, context, count);
}

/* The scratch of a worker. */
static inline void *nnz_exec_scratch(const nnz_exec *exec, uint32_t worker) {
    return exec->scratch + exec->scratch_stride * worker;
}

/* The best registered variant of a kernel family up to the level: never NULL where the scalar one is registered. */
const nnz_kernel *nnz_find_kernel(const nnz_op *op, const nnz_config *config, nnz_family family);

/* Bytes of a table's part of a plan. */
static inline size_t nnz_align64(size_t n) {
    return (n + 63) & ~(size_t)63;
}

#endif
