/* copy: boxes of elements from the inputs to places in the output; of a planes4 tensor, of its memory. */
#include "work.h"

#include "../strided.h"

#include <string.h>

enum { FLAGS, FILL, PIECES, FIRST_PIECE };

/* A box, where it begins in its input and in y, and the tasks it is cut into: parts first_part and following. */
typedef struct copy_piece {
    nnz_box box;
    uint32_t input, source, target;
    uint32_t parts, first_part;
} copy_piece;

typedef struct copy_plan {
    uint32_t pieces, parts, tasks;
    copy_piece piece[];
} copy_plan;

/* Elements in memory: a planes4 tensor has its padding too. */
static size_t stored_elements(const nnz_tensor_record *t) {
    return nnz_tensor_bytes(t) / nnz_dtype_size((nnz_dtype)t->dtype);
}

/* Reads the piece at params[*at] without looking at what it says; false where the params end before it does. */
static bool read_piece(const nnz_op *op, uint32_t *at, copy_piece *piece) {
    const uint32_t *p = op->params + *at, room = op->record->param_count - *at;
    *piece = (copy_piece){0};
    if (room < 4 || p[1] < 1 || p[1] > NNZ_MAX_RANK || room < 4 + 3 * p[1])
        return false;
    const uint32_t rank = p[1], *dims = p + 4, *from = dims + rank, *to = from + rank;
    piece->input = p[0];
    piece->source = p[2];
    piece->target = p[3];
    piece->box.rank = rank;
    for (uint32_t i = 0; i < rank; i++) {
        piece->box.dims[i] = dims[i];
        piece->box.from[i] = (int32_t)from[i];
        piece->box.to[i] = (int32_t)to[i];
    }
    *at += 4 + 3 * rank;
    return true;
}

static uint64_t box_elements(const nnz_box *box) {
    uint64_t n = 1;
    for (uint32_t i = 0; i < box->rank; i++)
        n *= box->dims[i];
    return n;
}

/* Whether all elements of a box whose size is below 2^31 lie in [0, size). Nothing can overflow: dims and strides are
 * below 2^31. */
static bool lies_inside(const nnz_box *box, const int64_t *strides, uint32_t offset, size_t size) {
    int64_t low = offset, high = offset;
    for (uint32_t i = 0; i < box->rank; i++) {
        const int64_t reach = (int64_t)(box->dims[i] - 1) * strides[i];
        *(reach < 0 ? &low : &high) += reach;
    }
    return low >= 0 && (uint64_t)high < size;
}

/* Whether no element of y is written twice: each axis steps over all that the ones inside it reach. */
static bool writes_once(const nnz_box *simple) {
    int64_t reach = 0;
    for (uint32_t i = simple->rank; i-- > 0;) {
        const int64_t step = simple->to[i] < 0 ? -simple->to[i] : simple->to[i];
        if (step <= reach)
            return false;
        reach += (int64_t)(simple->dims[i] - 1) * step;
    }
    return true;
}

/* NULL or what is wrong. `left`: elements of y that earlier pieces have not taken. */
static const char *check_piece(const nnz_op *op, const copy_piece *piece, size_t left) {
    uint64_t elements = 1;
    for (uint32_t i = 0; i < piece->box.rank; i++) {
        elements *= piece->box.dims[i];
        if (elements < 1 || elements > left)
            return "a piece is empty, or all pieces together are larger than the output";
    }
    if (piece->input >= op->record->inputs)
        return "a piece names an input that does not exist";
    if (!lies_inside(&piece->box, piece->box.from, piece->source, stored_elements(nnz_op_input(op, piece->input))))
        return "a piece reads outside its input";
    if (!lies_inside(&piece->box, piece->box.to, piece->target, stored_elements(nnz_op_output(op, 0))))
        return "a piece writes outside the output";
    const nnz_box simple = nnz_simplify_box(&piece->box);
    return writes_once(&simple) ? NULL : "a piece writes an element of the output twice";
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    const nnz_op_record *r = op->record;
    const nnz_status status = nnz_op_check_activation(op, false, error);
    if (status)
        return status;
    if (r->outputs != 1 || r->param_count < FIRST_PIECE)
        return nnz_op_fail(op, error, "it must have one output, and at least 3 parameters");
    const nnz_tensor_record *y = nnz_op_output(op, 0);
    for (uint32_t i = 0; i < r->inputs; i++)
        if (!nnz_op_input(op, i) || nnz_op_input(op, i)->dtype != y->dtype)
            return nnz_op_fail(op, error, "its inputs must be present and have the output's type");
    if (op->params[FLAGS] & ~(uint32_t)NNZ_COPY_FILL)
        return nnz_op_fail(op, error, "unknown flags");
    size_t left = stored_elements(y);
    uint32_t at = FIRST_PIECE;
    for (uint32_t i = 0; i < op->params[PIECES]; i++) {
        copy_piece piece;
        if (!read_piece(op, &at, &piece))
            return nnz_op_fail(op, error, "a piece has no rank of 1 to 8, or runs past the parameters");
        const char *wrong = check_piece(op, &piece, left);
        if (wrong)
            return nnz_op_fail(op, error, wrong);
        left -= (size_t)box_elements(&piece.box);
    }
    if (at != r->param_count)
        return nnz_op_fail(op, error, "its parameters are longer than its pieces");
    if (left && !(op->params[FLAGS] & NNZ_COPY_FILL))
        return nnz_op_fail(op, error, "its pieces do not fill the output");
    return NNZ_OK;
}

static uint64_t plan_size(const nnz_op *op, const nnz_config *config) {
    (void)config;
    return sizeof(copy_plan) + (uint64_t)op->params[PIECES] * sizeof(copy_piece);
}

static nnz_status plan(const nnz_op *op, const nnz_config *config, void *memory, nnz_op_needs *needs,
                       nnz_error *error) {
    (void)config, (void)needs, (void)error;
    copy_plan *p = memory;
    *p = (copy_plan){.pieces = op->params[PIECES]};
    uint32_t at = FIRST_PIECE;
    for (uint32_t i = 0; i < p->pieces; i++) {
        copy_piece *piece = &p->piece[i];
        read_piece(op, &at, piece);
        piece->box = nnz_simplify_box(&piece->box);
        piece->parts = nnz_parts((size_t)box_elements(&piece->box), 1);
        piece->first_part = p->parts;
        p->parts += piece->parts;
    }
    p->tasks = nnz_parts(stored_elements(nnz_op_output(op, 0)), 1);
    if (p->tasks > p->parts)
        p->tasks = p->parts;
    return NNZ_OK;
}

typedef struct copy_work {
    const nnz_exec *exec;
    uint8_t *y;
    size_t element, elements;
    uint32_t parts; /* of the filling */
} copy_work;

/* Part `part` of a piece: cut along the outermost axis that is long enough, or the longest. */
static void copy_part(const copy_work *w, const copy_piece *piece, uint32_t part) {
    nnz_box box = piece->box;
    int64_t source = piece->source, target = piece->target;
    if (piece->parts > 1) {
        uint32_t axis = 0;
        for (uint32_t i = 1; i < box.rank && box.dims[axis] < piece->parts; i++)
            if (box.dims[i] > box.dims[axis])
                axis = i;
        const size_t begin = nnz_part(box.dims[axis], piece->parts, part);
        const size_t end = nnz_part(box.dims[axis], piece->parts, part + 1);
        if (begin == end)
            return;
        box.dims[axis] = (uint32_t)(end - begin);
        source += (int64_t)begin * box.from[axis];
        target += (int64_t)begin * box.to[axis];
    }
    const uint8_t *x = nnz_exec_input(w->exec, piece->input);
    nnz_move_box(&box, w->element, x + (size_t)source * w->element, w->y + (size_t)target * w->element);
}

static void run_task(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const copy_work *w = context;
    const copy_plan *p = w->exec->plan;
    const uint32_t begin = (uint32_t)nnz_part(p->parts, p->tasks, i),
                   end = (uint32_t)nnz_part(p->parts, p->tasks, i + 1);
    const copy_piece *piece = p->piece;
    while (piece->first_part + piece->parts <= begin)
        piece++;
    for (uint32_t part = begin; part < end; part++) {
        if (part == piece->first_part + piece->parts)
            piece++;
        copy_part(w, piece, part - piece->first_part);
    }
}

/* The value once, then again and again what there is of it, as much as L1 holds. */
static void fill_task(void *context, uint32_t i, uint32_t worker) {
    enum { BLOCK = 4096 };
    (void)worker;
    const copy_work *w = context;
    const int64_t value = (int32_t)w->exec->op->params[FILL];
    const size_t begin = nnz_part(w->elements, w->parts, i), end = nnz_part(w->elements, w->parts, i + 1);
    const size_t bytes = (end - begin) * w->element;
    uint8_t *y = w->y + begin * w->element;
    memcpy(y, &value, w->element);
    for (size_t done = w->element, more; done < bytes; done += more) {
        more = nnz_min(nnz_min(done, BLOCK), bytes - done);
        memcpy(y + done, y, more);
    }
}

static void run(const nnz_exec *exec) {
    const copy_plan *p = exec->plan;
    const nnz_tensor_record *y = nnz_op_output(exec->op, 0);
    const size_t elements = stored_elements(y);
    copy_work work = {exec, nnz_exec_output(exec, 0), nnz_dtype_size((nnz_dtype)y->dtype), elements,
                      nnz_parts(elements, 1)};
    if (exec->op->params[FLAGS] & NNZ_COPY_FILL)
        nnz_exec_parallel(exec, fill_task, &work, work.parts);
    if (p->tasks)
        nnz_exec_parallel(exec, run_task, &work, p->tasks);
}

const nnz_op_impl nnz_op_copy = {
    .kind = NNZ_OP_COPY,
    .name = "copy",
    .check = check,
    .plan_size = plan_size,
    .plan = plan,
    .run = run,
    .planes4 = true,
};
