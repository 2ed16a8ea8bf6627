/* Running a model: the arena is this struct, then the activations; an operator's scratch lies behind those that live
 * while it runs. */
#include "chain.h"
#include "strided.h"

#include <string.h>

struct nnz_session {
    const nnz_plan *plan;
    nnz_parallel parallel;
    uint64_t (*clock)(void);
    uint64_t *ticks;
};

/* What the struct counts for, whatever its pointers take. */
enum { SESSION_BYTES = 40 };
_Static_assert(sizeof(nnz_session) <= SESSION_BYTES, "the size of an arena does not depend on the machine");

static size_t state_size(const nnz_plan *plan) {
    return (size_t)nnz_align(SESSION_BYTES, nnz_arena_unit(plan->config.isa));
}

static uint8_t *activations(const nnz_session *s) {
    return (uint8_t *)((uintptr_t)s + state_size(s->plan));
}

size_t nnz_arena_size(const nnz_plan *plan) {
    return state_size(plan) + (size_t)plan->arena_size;
}

static void run_here(void *pool, void (*task)(void *context, uint32_t i, uint32_t worker), void *context,
                     uint32_t count) {
    (void)pool;
    for (uint32_t i = 0; i < count; i++)
        task(context, i, 0);
}

nnz_status nnz_session_init(nnz_session **session, const nnz_plan *plan, void *arena, size_t size,
                            const nnz_parallel *parallel, nnz_error *error) {
    nnz_error_begin(error, NNZ_OK);
    if (!nnz_cpu_has(plan->config.isa)) {
        nnz_fail(error, NNZ_ERROR_CPU, "this CPU does not have ");
        nnz_error_text(error, nnz_isa_name(plan->config.isa));
        return NNZ_ERROR_CPU;
    }
    if ((uintptr_t)arena % NNZ_ALIGNMENT)
        return nnz_fail(error, NNZ_ERROR_ALIGNMENT, "the arena must start at a multiple of 64");
    if (size < nnz_arena_size(plan))
        return nnz_fail(error, NNZ_ERROR_MEMORY, "the arena is smaller than nnz_arena_size()");
    nnz_session *s = arena;
    memset(s, 0, sizeof *s);
    s->plan = plan;
    s->parallel = parallel ? *parallel : (nnz_parallel){.run = run_here};
    memset(activations(s), 0, (size_t)plan->arena_size);
    *session = s;
    return NNZ_OK;
}

static void *io_memory(const nnz_session *s, const nnz_io_record *io) {
    const nnz_tensor_record *t = &nnz_tensors(s->plan->model)[io->tensor];
    if (t->kind == NNZ_KIND_CONSTANT)
        return (void *)(uintptr_t)nnz_model_data(s->plan->model, t->data);
    return activations(s) + nnz_plan_offsets(s->plan)[io->tensor] * nnz_arena_unit(s->plan->config.isa);
}

/* One side of a move: the user's strides, or those of a tensor. */
typedef struct nnz_side {
    uint8_t *memory;
    int64_t strides[NNZ_MAX_RANK];
} nnz_side;

static void move_sides(const nnz_box *shape, size_t element, const nnz_side *from, const nnz_side *to) {
    nnz_box box = *shape;
    memcpy(box.from, from->strides, sizeof box.from);
    memcpy(box.to, to->strides, sizeof box.to);
    nnz_move_box(&box, element, from->memory, to->memory);
}

static void move_plain(const nnz_io_record *io, size_t element, uint8_t *memory, uint8_t *user, bool is_output) {
    nnz_box box = {.rank = io->view_rank};
    nnz_side tensor = {.memory = memory}, array = {.memory = user};
    int64_t stride = 1;
    for (uint32_t i = io->view_rank; i-- > 0; stride *= io->view[i]) {
        box.dims[i] = io->view[i];
        array.strides[i] = io->strides[i];
        tensor.strides[i] = stride;
    }
    move_sides(&box, element, is_output ? &tensor : &array, is_output ? &array : &tensor);
}

/* Byte i of all planes: channels i, i + 4, ... */
static void move_planes4(const nnz_io_record *io, uint8_t *memory, uint8_t *user, bool is_output) {
    uint32_t channels = io->view[1], planes = (channels + 3) / 4;
    for (uint32_t i = 0; i < 4 && i < channels; i++) {
        nnz_box box = {.rank = io->view_rank};
        nnz_side tensor = {.memory = memory + i}, array = {.memory = user + (size_t)i * io->strides[1]};
        int64_t stride = 4;
        for (uint32_t axis = io->view_rank; axis-- > 0;) {
            box.dims[axis] = axis == 1 ? (channels - i + 3) / 4 : io->view[axis];
            array.strides[axis] = (int64_t)io->strides[axis] * (axis == 1 ? 4 : 1);
            tensor.strides[axis] = stride;
            stride *= axis == 1 ? planes : io->view[axis];
        }
        move_sides(&box, 1, is_output ? &tensor : &array, is_output ? &array : &tensor);
    }
}

/* Between int8 and uint8 that stand for the same real values. */
static void flip_signs(uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        bytes[i] ^= 0x80;
}

/* Moves between the user's array and the internal tensor, whose axes may be in another order. */
static void move_io(const nnz_session *s, const nnz_io_record *io, void *user, bool is_output) {
    const nnz_tensor_record *t = &nnz_tensors(s->plan->model)[io->tensor];
    uint8_t *memory = io_memory(s, io);
    if (t->layout == NNZ_LAYOUT_PLAIN)
        move_plain(io, nnz_dtype_size((nnz_dtype)t->dtype), memory, user, is_output);
    else
        move_planes4(io, memory, user, is_output);
    if (io->dtype)
        flip_signs(is_output ? user : memory, is_output ? nnz_tensor_elements(t) : nnz_tensor_bytes(t));
}

/* Whether `user` itself stands for the tensor, as the plan allows: then it is among the `count` in `direct`. */
static bool use_directly(const nnz_session *s, const nnz_io_record *io, bool allowed, void *user, nnz_direct *direct,
                         uint32_t *count) {
    const nnz_tensor_record *t = &nnz_tensors(s->plan->model)[io->tensor];
    if (!allowed || *count == NNZ_DIRECT_MAX || (uintptr_t)user % nnz_dtype_size((nnz_dtype)t->dtype))
        return false;
    direct[(*count)++] = (nnz_direct){.tensor = io->tensor, .memory = user};
    return true;
}

static bool is_used(const nnz_direct *direct, uint32_t count, uint32_t tensor) {
    for (uint32_t i = 0; i < count; i++)
        if (direct[i].tensor == tensor)
            return true;
    return false;
}

nnz_status nnz_run(nnz_session *s, const void *const *inputs, void *const *outputs, nnz_error *error) {
    const nnz_plan *plan = s->plan;
    const nnz_model *m = plan->model;
    nnz_direct direct[NNZ_DIRECT_MAX];
    uint32_t direct_count = 0;
    nnz_error_begin(error, NNZ_OK);
    for (uint32_t i = 0; i < m->input_count; i++) {
        const nnz_io_record *io = &nnz_inputs(m)[i];
        void *user = (void *)(uintptr_t)inputs[i];
        if (user && !use_directly(s, io, nnz_plan_direct(plan)[i], user, direct, &direct_count))
            move_io(s, io, user, false);
    }
    for (uint32_t i = 0; i < m->output_count; i++)
        if (outputs[i])
            use_directly(s, &nnz_outputs(m)[i], nnz_plan_direct(plan)[m->input_count + i], outputs[i], direct,
                         &direct_count);

    nnz_op op;
    nnz_exec exec = {
        .config = &plan->config,
        .arena = activations(s),
        .arena_unit = nnz_arena_unit(plan->config.isa),
        .offsets = nnz_plan_offsets(plan),
        .parallel = &s->parallel,
        .direct = direct,
        .direct_count = direct_count,
    };
    uint64_t before = s->clock ? s->clock() : 0;
    for (uint32_t i = 0, count; i < m->op_count; i += count) {
        count = nnz_plan_count(plan, i);
        if (!NNZ_ONLY_SMALL && count > 1) {
            nnz_chain_run(plan, i, &exec, s->clock, s->ticks);
            before = s->clock ? s->clock() : 0;
            continue;
        }
        nnz_plan_exec(plan, i, &op, &exec);
        const nnz_op_impl *impl = nnz_find_op(m->registry, op.record->kind);
        if (impl->run)
            impl->run(&exec);
        if (s->clock) {
            uint64_t now = s->clock();
            s->ticks[i] += now - before;
            before = now;
        }
    }

    for (uint32_t i = 0; i < m->output_count; i++)
        if (outputs[i] && !is_used(direct, direct_count, nnz_outputs(m)[i].tensor))
            move_io(s, &nnz_outputs(m)[i], outputs[i], true);
    return NNZ_OK;
}

void *nnz_input_data(nnz_session *s, size_t i) {
    return i < s->plan->model->input_count ? io_memory(s, &nnz_inputs(s->plan->model)[i]) : NULL;
}

const void *nnz_output_data(const nnz_session *s, size_t i) {
    return i < s->plan->model->output_count ? io_memory(s, &nnz_outputs(s->plan->model)[i]) : NULL;
}

void nnz_profile(nnz_session *s, uint64_t (*clock)(void), uint64_t *ticks) {
    s->clock = clock;
    s->ticks = ticks;
}
