/* binary: an elementwise function of two tensors that are broadcast to the output's shape. */
#include "work.h"

/* The output's axes, the fewest that both operands can be walked in. Innermost strides are 0 or 1. */
typedef struct binary_plan {
    uint32_t unary; /* of the fused activation: a kernel's position */
    uint32_t rank;
    uint32_t dims[NNZ_MAX_RANK], a[NNZ_MAX_RANK], b[NNZ_MAX_RANK];
} binary_plan;

/* The length of axis `axis` of y in an operand, whose axes are aligned at the last; 1 where it lacks the axis. */
static uint32_t operand_dim(const nnz_tensor_record *operand, const nnz_tensor_record *y, uint32_t axis) {
    const uint32_t missing = (uint32_t)y->rank - operand->rank;
    return axis < missing ? 1 : operand->dims[axis - missing];
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, 2, 1, 1, error)) || (status = nnz_op_check_float(op, 0, error)) ||
        (status = nnz_op_check_float(op, 1, error)) || (status = nnz_op_check_float_output(op, error)) ||
        (status = nnz_op_check_activation(op, true, error)))
        return status;
    if (op->params[0] >= NNZ_BINARY_COUNT)
        return nnz_op_fail(op, error, "unknown function");
    const nnz_tensor_record *a = nnz_op_input(op, 0), *b = nnz_op_input(op, 1), *y = nnz_op_output(op, 0);
    if (y->rank != (a->rank > b->rank ? a->rank : b->rank))
        return nnz_op_fail(op, error, "the output's rank must be the larger one of the inputs");
    for (uint32_t i = 0; i < y->rank; i++) {
        const uint32_t m = operand_dim(a, y, i), n = operand_dim(b, y, i);
        if ((m != n && m != 1 && n != 1) || y->dims[i] != (m == 1 ? n : m))
            return nnz_op_fail(op, error, "the output's dims must be those of the inputs broadcast together");
    }
    return NNZ_OK;
}

/* Walks the axes from the last: axes of length 1 vanish, an axis that continues the one inside it in both operands
 * joins it. */
static void collapse(const nnz_op *op, binary_plan *p) {
    const nnz_tensor_record *a = nnz_op_input(op, 0), *b = nnz_op_input(op, 1), *y = nnz_op_output(op, 0);
    uint32_t dims[NNZ_MAX_RANK] = {1}, a_strides[NNZ_MAX_RANK] = {0}, b_strides[NNZ_MAX_RANK] = {0};
    uint32_t rank = 0, a_size = 1, b_size = 1;
    for (uint32_t i = y->rank; i-- > 0;) {
        const uint32_t n = y->dims[i], m_a = operand_dim(a, y, i), m_b = operand_dim(b, y, i);
        const uint32_t stride_a = m_a == 1 ? 0 : a_size, stride_b = m_b == 1 ? 0 : b_size;
        a_size *= m_a;
        b_size *= m_b;
        if (n == 1)
            continue;
        const uint32_t inside = rank - 1;
        if (rank && stride_a == a_strides[inside] * dims[inside] && stride_b == b_strides[inside] * dims[inside]) {
            dims[inside] *= n;
            continue;
        }
        dims[rank] = n;
        a_strides[rank] = stride_a;
        b_strides[rank++] = stride_b;
    }
    p->rank = rank ? rank : 1;
    for (uint32_t i = 0; i < p->rank; i++) {
        p->dims[i] = dims[p->rank - 1 - i];
        p->a[i] = a_strides[p->rank - 1 - i];
        p->b[i] = b_strides[p->rank - 1 - i];
    }
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)op, (void)config;
    return sizeof(binary_plan);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    (void)needs;
    binary_plan *p = memory;
    collapse(op, p);
    return nnz_activate_plan(op, config, &p->unary, error);
}

typedef struct binary_work {
    const nnz_exec *exec;
    nnz_binary_f32_fn binary;
    nnz_unary_f32_fn unary;
    const float *a, *b;
    float *y;
    size_t elements;
    uint32_t parts;
} binary_work;

/* Output elements from `at` on, as many as lie in one run: at most `limit`. Returns how many. */
static size_t run_once(const binary_work *w, size_t at, size_t limit) {
    const binary_plan *p = w->exec->plan;
    const uint32_t last = p->rank - 1, first = (uint32_t)at % p->dims[last];
    size_t a = (size_t)first * p->a[last], b = (size_t)first * p->b[last];
    uint32_t rest = (uint32_t)at / p->dims[last];
    for (uint32_t axis = last; axis-- > 0; rest /= p->dims[axis]) {
        const uint32_t i = rest % p->dims[axis];
        a += (size_t)i * p->a[axis];
        b += (size_t)i * p->b[axis];
    }
    const size_t n = nnz_min(limit, p->dims[last] - first);
    float *y = w->y + at;
    w->binary((int)w->exec->op->params[0], w->a + a, p->a[last], w->b + b, p->b[last], y, n);
    nnz_activate(w->exec->op, w->unary, y, n);
    return n;
}

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const binary_work *w = context;
    const size_t lines = nnz_lines(w->elements);
    const size_t end = nnz_min(nnz_part(lines, w->parts, i + 1) * NNZ_LINE, w->elements);
    for (size_t at = nnz_part(lines, w->parts, i) * NNZ_LINE; at < end;)
        at += run_once(w, at, nnz_min(end - at, NNZ_RUN));
}

static void run(const nnz_exec *exec) {
    const size_t elements = nnz_tensor_elements(nnz_op_output(exec->op, 0));
    const binary_plan *p = exec->plan;
    binary_work work = {
        .exec = exec,
        .binary = (nnz_binary_f32_fn)exec->kernel->function,
        .unary = nnz_activate_function(exec->op, p->unary),
        .a = nnz_exec_input(exec, 0),
        .b = nnz_exec_input(exec, 1),
        .y = nnz_exec_output(exec, 0),
        .elements = elements,
        .parts = nnz_parts(nnz_lines(elements), NNZ_LINE),
    };
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

static bool in_place(const nnz_op *op, uint32_t i) {
    return nnz_same_dims(nnz_op_input(op, i), nnz_op_output(op, 0));
}

const nnz_op_impl nnz_op_binary = {
    .kind = NNZ_OP_BINARY,
    .name = "binary",
    .check = check,
    .family = NNZ_FAMILY_BINARY_F32,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .in_place = in_place,
};
