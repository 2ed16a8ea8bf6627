/* qmul: the product of two int8 tensors, or of each plane with a value of its own. */
#include "quantized.h"

#include <string.h>

enum { A, B, INPUTS };
enum { ZA, ZB, ZY, M, S, LO, HI, PARAMS };

/* Whether b has one value for each plane of a. */
static bool is_per_plane(const nnz_tensor_record *a, const nnz_tensor_record *b) {
    return a->rank == 4 && b->rank == 4 && a->dims[0] == b->dims[0] && a->dims[1] == b->dims[1] && b->dims[2] == 1 &&
           b->dims[3] == 1;
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, INPUTS, 1, PARAMS, error)) ||
        (status = nnz_op_check_activation(op, false, error)) || (status = nnz_op_check_alike(op, A, error)) ||
        (status = nnz_op_check_zero_point(op, ZA, error)) || (status = nnz_op_check_zero_point(op, ZB, error)) ||
        (status = nnz_op_check_zero_point(op, ZY, error)) || (status = nnz_op_check_shift(op, S, error)) ||
        (status = nnz_op_check_clamp(op, LO, error)))
        return status;
    const nnz_tensor_record *a = nnz_op_input(op, A), *b = nnz_op_input(op, B);
    if (!b || b->dtype != NNZ_INT8 || b->layout != a->layout || !(nnz_same_dims(a, b) || is_per_plane(a, b)))
        return nnz_op_fail(op, error, "b must be int8 in the layout of a, with the dims of a or [N, C, 1, 1]");
    return nnz_op_signed(op, M) < 0 ? nnz_op_fail(op, error, "its multiplier must be below 2^31") : NNZ_OK;
}

typedef struct qmul_work {
    nnz_mul_s8_fn mul;
    nnz_mul_s8 all;
    size_t planes, plane; /* with a value for each: their number and bytes; a plane4 is one */
    bool planes4;
    uint32_t parts;
} qmul_work;

static void run_elements(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const qmul_work *w = context;
    const nnz_byte_range range = nnz_byte_part(w->all.n, w->parts, i);
    nnz_mul_s8 part = w->all;
    part.a += range.begin;
    part.b += range.begin;
    part.y += range.begin;
    part.n = range.end - range.begin;
    w->mul(&part);
}

static void run_planes(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const qmul_work *w = context;
    const size_t end = nnz_part(w->planes, w->parts, i + 1);
    for (size_t plane = nnz_part(w->planes, w->parts, i); plane < end; plane++) {
        int8_t four[4];
        if (w->planes4)
            memcpy(four, w->all.b + 4 * plane, 4);
        else
            memset(four, w->all.b[plane], 4);
        nnz_mul_s8 part = w->all;
        part.repeat = true;
        part.a += plane * w->plane;
        part.b = four;
        part.y += plane * w->plane;
        part.n = w->plane;
        w->mul(&part);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_op *op = exec->op;
    const nnz_tensor_record *a = nnz_op_input(op, A), *b = nnz_op_input(op, B);
    qmul_work work = {
        .mul = (nnz_mul_s8_fn)exec->kernel->function,
        .all = {.a = nnz_exec_input(exec, A),
                .b = nnz_exec_input(exec, B),
                .y = nnz_exec_output(exec, 0),
                .n = nnz_tensor_bytes(a),
                .zero_a = nnz_op_signed(op, ZA),
                .zero_b = nnz_op_signed(op, ZB),
                .multiplier = nnz_op_signed(op, M),
                .shift = op->params[S],
                .zero = nnz_op_signed(op, ZY),
                .lo = nnz_op_signed(op, LO),
                .hi = nnz_op_signed(op, HI)},
        .planes4 = a->layout == NNZ_LAYOUT_PLANES4,
    };
    if (nnz_same_dims(a, b)) {
        work.parts = nnz_byte_parts(work.all.n);
        nnz_exec_parallel(exec, run_elements, &work, work.parts);
        return;
    }
    work.planes = nnz_tensor_bytes(b) / (work.planes4 ? 4 : 1);
    work.plane = work.all.n / work.planes;
    work.parts = nnz_parts(work.planes, work.plane);
    nnz_exec_parallel(exec, run_planes, &work, work.parts);
}

static bool in_place(const nnz_op *op, uint32_t i) {
    return i == A || nnz_same_dims(nnz_op_input(op, A), nnz_op_input(op, B));
}

const nnz_op_impl nnz_op_qmul = {
    .kind = NNZ_OP_QMUL,
    .planes4 = true,
    .name = "qmul",
    .check = check,
    .family = NNZ_FAMILY_MUL_S8,
    .run = run,
    .in_place = in_place,
};
