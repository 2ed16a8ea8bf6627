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

/* What an operator needs besides its tensors. */
typedef struct nnz_op_needs {
    uint64_t scratch;         /* bytes for each thread, while the operator runs */
    const nnz_kernel *kernel; /* its main kernel, or NULL */
} nnz_op_needs;

/* Memory of the user that stands for an input or output of the model during a run. */
typedef struct nnz_direct {
    uint32_t tensor;
    void *memory;
} nnz_direct;
enum { NNZ_DIRECT_MAX = 4 }; /* others are copied */

/* An operator at work. */
typedef struct nnz_exec {
    const nnz_op *op;
    const nnz_config *config; /* the plan's */
    const void *plan;         /* what plan() wrote */
    const nnz_kernel *kernel; /* its main kernel, or NULL */
    uint8_t *arena;           /* start of the activations */
    size_t arena_unit;        /* nnz_arena_unit(), in bytes */
    const uint32_t *offsets;  /* of each tensor in the arena, in units */
    uint8_t *scratch;         /* of thread 0; the others follow at distances of scratch_stride */
    size_t scratch_stride;
    const nnz_direct *direct;
    uint32_t direct_count;
    const nnz_parallel *parallel; /* never NULL */
} nnz_exec;

/*
 * Which rows of an input the rows of output 0 are made of, for operators that can work on a band of rows: what a chain
 * must know of its operators (chain.c). In a batch of matrices, an image is a matrix, a plane is one of its rows, and
 * a row is 16 neighbouring elements of that.
 */
typedef struct nnz_rows {
    uint32_t input; /* which one; all others exist as a whole */
    uint32_t images;
    uint32_t planes, in_planes;  /* of an image of the output, and of the input */
    uint32_t height, in_height;  /* rows of a plane */
    size_t bytes, in_bytes;      /* of a row */
    uint32_t stride, pad, reach; /* output row i is made of `reach` rows from i stride - pad on, those that exist */
    uint32_t step;               /* bands begin at multiples of so many rows */
    bool residual;               /* another input has the output's shape */
    bool lines;                  /* it is faster if the input's planes begin with cache lines */
    bool matrices;               /* planes of a whole tensor are contiguous, without gaps (planes.c) */
} nnz_rows;

/* The input rows that output rows from `begin` on, or up to `end`, are made of. */
static inline uint32_t nnz_rows_first(const nnz_rows *r, uint32_t begin) {
    const uint64_t at = (uint64_t)begin * r->stride;
    return at < r->pad ? 0 : at - r->pad < r->in_height ? (uint32_t)(at - r->pad) : r->in_height;
}
static inline uint32_t nnz_rows_end(const nnz_rows *r, uint32_t end) {
    const uint64_t at = (uint64_t)(end - 1) * r->stride + r->reach;
    return at < r->pad ? 0 : at - r->pad < r->in_height ? (uint32_t)(at - r->pad) : r->in_height;
}

/* Planes of which at least the rows of a band are in memory. */
typedef struct nnz_planes {
    uint8_t *row0; /* where row 0 of plane 0 is, or would be */
    size_t stride; /* bytes between planes */
} nnz_planes;

/* Rows [begin, end) of the output's planes of an image, to be computed by one thread. */
typedef struct nnz_band {
    uint32_t image, begin, end;
    nnz_planes x, y; /* of the image */
    uint32_t worker;
} nnz_band;

struct nnz_op_impl {
    uint16_t kind;
    bool planes4;     /* whether it takes tensors of that layout: else all are plain */
    bool user_memory; /* whether its tensors may lie at any multiple of their element, without anything behind them */
    const char *name;

    /* Validates record, params, tensors. On failure: nnz_op_fail(). The core has checked already that argument ids are
       in range and params lie inside their section; nothing else. */
    nnz_status (*check)(const nnz_op *op, nnz_error *error);

    /* The family of its main kernel where that does not depend on its parameters, or 0: the core finds the kernel
       before plan() is called. */
    nnz_family family;

    /* Bytes of this operator's part of the plan (NULL: it has none), and filling it; NULL for operators that decide
       nothing. A part holds numbers of fixed width and no pointers, so that its size does not depend on the machine; a
       kernel is held by its position, nnz_kernel_id(). The part is aligned to NNZ_PLAN_UNIT. `needs` holds the kernel
       of `family`, else it is zeroed. */
    uint64_t (*plan_size)(const nnz_op *op, const nnz_config *config);
    nnz_status (*plan)(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs, nnz_error *error);

    /* NULL for an operator that does nothing (reshape). */
    void (*run)(const nnz_exec *exec);

    /* For operators that can work on bands, else NULL: fills `rows`, or returns false where this one cannot; and does
       the work. Every byte is the same as run() gives. Their tensors' planes are nnz_plane_stride() apart; those of
       matrices and of other operators follow each other. */
    bool (*rows)(const nnz_op *op, nnz_rows *rows);
    void (*run_band)(const nnz_exec *exec, const nnz_band *band);

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

/* Elements between the planes of a float32 tensor [N, C, ...] in a plan for `isa`, and the bytes of an activation's
 * memory there. */
size_t nnz_plane_stride(const nnz_model *model, uint32_t tensor, nnz_isa isa);
uint64_t nnz_activation_bytes(const nnz_model *model, uint32_t tensor, nnz_isa isa);

/* The contents of a constant tensor. */
const void *nnz_op_constant(const nnz_op *op, uint32_t tensor);

/* A matrix of the model; params[i] must have been checked with nnz_op_check_matrix(). */
const nnz_matrix_record *nnz_op_matrix(const nnz_op *op, uint32_t matrix);

/* Resolves a blob of a matrix or constant in DATA. */
const void *nnz_model_data(const nnz_model *model, uint32_t offset);

/* Fills `op` for operator `id` of a model whose records are validated. */
void nnz_model_op(const nnz_model *model, uint32_t id, nnz_op *op);

/* Whether the operator reads or writes the tensor. */
bool nnz_op_uses(const nnz_op *op, uint32_t tensor);

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

/* Finds the best variant of `family`, or fails where the program has none. */
nnz_status nnz_op_kernel(const nnz_op *op, const nnz_config *config, nnz_family family, const nnz_kernel **kernel,
                         nnz_error *error);

/* The position of a kernel among the registered ones, NNZ_NONE for NULL; and the kernel there. */
static inline uint32_t nnz_kernel_id(const nnz_op *op, const nnz_kernel *kernel) {
    uint32_t id = 0;
    while (kernel && op->model->registry->kernels[id] != kernel)
        id++;
    return kernel ? id : NNZ_NONE;
}
static inline const nnz_kernel *nnz_kernel_at(const nnz_op *op, uint32_t id) {
    return id == NNZ_NONE ? NULL : op->model->registry->kernels[id];
}

/* ---- Memory of plans and sessions: the same on every machine, whatever the width of its pointers ------------------
 */

/* Parts of a plan, and the tables in a part, begin at multiples of so many bytes. */
enum { NNZ_PLAN_UNIT = 8 };

/* Activations and scratch of a session begin at multiples of so many bytes. */
static inline size_t nnz_arena_unit(nnz_isa isa) {
    return nnz_isa_is_small(isa) ? 8 : NNZ_ALIGNMENT;
}

static inline size_t nnz_min(size_t a, size_t b) {
    return a < b ? a : b;
}

/* n rounded up to a multiple of `unit`, a power of 2. */
static inline uint64_t nnz_align(uint64_t n, size_t unit) {
    return (n + unit - 1) & ~(uint64_t)(unit - 1);
}

/* n bytes in units of an arena, which are 8 or NNZ_ALIGNMENT bytes: small devices divide 64 bits by shifting alone. */
static inline uint64_t nnz_to_units(uint64_t n, size_t unit) {
    return unit == 8 ? n / 8 : n / NNZ_ALIGNMENT;
}

/* The next `bytes` of a part of a plan behind *at, or NULL while there is only a size to find (`base` NULL). */
static inline void *nnz_take(uint8_t *base, uint64_t *at, uint64_t bytes) {
    void *table = base ? base + *at : NULL;
    *at += nnz_align(bytes, NNZ_PLAN_UNIT);
    return table;
}

#endif
