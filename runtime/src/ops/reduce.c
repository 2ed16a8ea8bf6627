/* reduce: mean, sum, maximum or minimum over any axes; y = x's dims with the reduced axes 1 or left out. */
#include "work.h"

#include <string.h>

/*
 * The input's axes merged into groups, kept and reduced in turn. The innermost group is a contiguous run; where it is
 * reduced, it goes through the reduce kernel, else whole runs are combined elementwise.
 */
typedef struct reduce_plan {
    uint32_t reduce, binary, unary; /* positions of kernels */
    uint32_t run_reduced;           /* bool */
    uint32_t run;
    struct {
        uint32_t rank, count;
        uint32_t dims[NNZ_MAX_RANK], strides[NNZ_MAX_RANK];
    } kept, reduced; /* the outer groups */
} reduce_plan;

/* Whether y's dims are x's with the reduced axes as 1 (`keep`) or left out. */
static bool dims_match(const nnz_tensor_record *x, const nnz_tensor_record *y, uint32_t axes, bool keep) {
    uint32_t rank = 0;
    for (uint32_t i = 0; i < x->rank; i++) {
        const bool reduced = axes >> i & 1;
        if (reduced && !keep)
            continue;
        if (rank >= y->rank || y->dims[rank++] != (reduced ? 1 : x->dims[i]))
            return false;
    }
    return rank == y->rank;
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, 1, 1, 2, error)) || (status = nnz_op_check_float(op, 0, error)) ||
        (status = nnz_op_check_float_output(op, error)) || (status = nnz_op_check_activation(op, true, error)))
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, 0), *y = nnz_op_output(op, 0);
    if (op->params[0] > NNZ_REDUCE_MIN)
        return nnz_op_fail(op, error, "unknown function");
    if (op->params[1] >> x->rank)
        return nnz_op_fail(op, error, "its axes must be below the input's rank");
    if (!dims_match(x, y, op->params[1], true) && !dims_match(x, y, op->params[1], false))
        return nnz_op_fail(op, error, "the output's dims must be the input's with the reduced axes 1 or left out");
    return NNZ_OK;
}

static void group_axes(const nnz_tensor_record *x, uint32_t axes, reduce_plan *p) {
    uint32_t stride = 1;
    p->run = 1;
    p->kept.count = p->reduced.count = 1;
    bool inner = true, was_reduced = false;
    for (uint32_t i = x->rank; i-- > 0; stride *= x->dims[i]) {
        const bool reduced = axes >> i & 1;
        const uint32_t n = x->dims[i];
        if (n == 1)
            continue;
        const bool joins = stride == 1 || reduced == was_reduced;
        if (stride == 1)
            p->run_reduced = reduced;
        inner = inner && joins;
        was_reduced = reduced;
        if (inner) {
            p->run *= n;
            continue;
        }
        uint32_t *rank = reduced ? &p->reduced.rank : &p->kept.rank;
        uint32_t *dims = reduced ? p->reduced.dims : p->kept.dims;
        uint32_t *strides = reduced ? p->reduced.strides : p->kept.strides;
        *(reduced ? &p->reduced.count : &p->kept.count) *= n;
        if (joins) {
            dims[*rank - 1] *= n;
        } else {
            dims[*rank] = n;
            strides[(*rank)++] = stride;
        }
    }
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)op, (void)config;
    return sizeof(reduce_plan);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    reduce_plan *p = memory;
    const nnz_kernel *reduce, *binary;
    nnz_status status;
    if ((status = nnz_op_kernel(op, config, NNZ_FAMILY_REDUCE_F32, &reduce, error)) ||
        (status = nnz_op_kernel(op, config, NNZ_FAMILY_BINARY_F32, &binary, error)))
        return status;
    *p = (reduce_plan){.reduce = nnz_kernel_id(op, reduce), .binary = nnz_kernel_id(op, binary)};
    group_axes(nnz_op_input(op, 0), op->params[1], p);
    needs->kernel = p->run_reduced ? reduce : binary;
    return nnz_activate_plan(op, config, &p->unary, error);
}

typedef struct reduce_work {
    const nnz_exec *exec;
    nnz_reduce_f32_fn reduce;
    nnz_binary_f32_fn binary;
    nnz_unary_f32_fn unary;
    const float *x;
    float *y;
    size_t elements; /* of y */
    uint32_t parts;
} reduce_work;

/* Where index i of the outer groups lies; the groups stand innermost first. */
static size_t offset_of(uint32_t i, uint32_t rank, const uint32_t *dims, const uint32_t *strides) {
    size_t offset = 0;
    for (uint32_t k = 0; k < rank; i /= dims[k++])
        offset += (size_t)(i % dims[k]) * strides[k];
    return offset;
}

static int kernel_function(int function) {
    return function == NNZ_REDUCE_MEAN ? NNZ_REDUCE_SUM : function;
}

/* Whether the outputs are those of runs that lie one behind the other. */
static bool runs_only(const reduce_plan *p) {
    return p->run_reduced && p->reduced.rank == 0 &&
           (p->kept.rank == 0 || (p->kept.rank == 1 && p->kept.strides[0] == p->run));
}

/* y[0..n): n neighbours in a kept run from x on, or one output whose runs are reduced. */
static void reduce_run(const reduce_work *w, int function, const float *x, float *y, size_t n) {
    const reduce_plan *p = w->exec->plan;
    static const int combine[] = {
        [NNZ_REDUCE_MEAN] = NNZ_BINARY_ADD,
        [NNZ_REDUCE_SUM] = NNZ_BINARY_ADD,
        [NNZ_REDUCE_MAX] = NNZ_BINARY_MAX,
        [NNZ_REDUCE_MIN] = NNZ_BINARY_MIN,
    };
    for (uint32_t i = 0; i < p->reduced.count; i++) {
        const float *part = x + offset_of(i, p->reduced.rank, p->reduced.dims, p->reduced.strides);
        float result;
        if (p->run_reduced) {
            w->reduce(kernel_function(function), part, p->run, &result, 1);
            part = &result;
        }
        if (i == 0)
            memcpy(y, part, n * sizeof *y);
        else
            w->binary(combine[function], y, 1, part, 1, y, n);
    }
}

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const reduce_work *w = context;
    const reduce_plan *p = w->exec->plan;
    const int function = (int)w->exec->op->params[0];
    const float count = (float)p->reduced.count * (float)(p->run_reduced ? p->run : 1);
    const uint32_t run = p->run_reduced ? 1 : p->run;
    const size_t begin = nnz_part(w->elements, w->parts, i), end = nnz_part(w->elements, w->parts, i + 1);
    if (runs_only(p))
        w->reduce(kernel_function(function), w->x + begin * p->run, p->run, w->y + begin, end - begin);
    for (size_t at = begin, n; at < end && !runs_only(p); at += n) {
        const uint32_t first = (uint32_t)at % run;
        const size_t outer = offset_of((uint32_t)at / run, p->kept.rank, p->kept.dims, p->kept.strides);
        n = nnz_min(nnz_min(end - at, run - first), NNZ_RUN);
        reduce_run(w, function, w->x + outer + first, w->y + at, n);
    }
    float *y = w->y + begin;
    if (function == NNZ_REDUCE_MEAN)
        w->binary(NNZ_BINARY_DIV, y, 1, &count, 0, y, end - begin);
    nnz_activate(w->exec->op, w->unary, y, end - begin);
}

static void run(const nnz_exec *exec) {
    enum { TOGETHER = 16 }; /* outputs: kernels sum so many runs at once, in the time of one */
    const reduce_plan *p = exec->plan;
    const size_t elements = nnz_tensor_elements(nnz_op_output(exec->op, 0));
    const size_t cost = (size_t)p->reduced.count * (p->run_reduced ? p->run : 1);
    reduce_work work = {
        .exec = exec,
        .reduce = (nnz_reduce_f32_fn)nnz_kernel_at(exec->op, p->reduce)->function,
        .binary = (nnz_binary_f32_fn)nnz_kernel_at(exec->op, p->binary)->function,
        .unary = nnz_activate_function(exec->op, p->unary),
        .x = nnz_exec_input(exec, 0),
        .y = nnz_exec_output(exec, 0),
        .elements = elements,
        .parts = (uint32_t)nnz_min(nnz_parts(elements, cost), nnz_ceil_div((uint32_t)elements, TOGETHER)),
    };
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

const nnz_op_impl nnz_op_reduce = {
    .kind = NNZ_OP_REDUCE,
    .name = "reduce",
    .check = check,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
};
