/* Running a model: the arena is this struct, then the activations, then each thread's scratch. */
#include "plan.h"

#include "strided.h"

#include <string.h>

struct nnz_session {
    const nnz_plan *plan;
    nnz_parallel parallel;
    uint8_t *activations, *scratch;
    uint64_t (*clock)(void);
    uint64_t *ticks;
};

size_t nnz_arena_size(const nnz_plan *plan) {
    return nnz_align64(sizeof(nnz_session)) + plan->activation_size + plan->scratch_size * plan->config.threads;
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
    if ((uintptr_t)arena % NNZ_ALIGNMENT)
        return nnz_fail(error, NNZ_ERROR_ALIGNMENT, "the arena must start at a multiple of 64");
    if (size < nnz_arena_size(plan))
        return nnz_fail(error, NNZ_ERROR_MEMORY, "the arena is smaller than nnz_arena_size()");
    nnz_session *s = arena;
    memset(s, 0, sizeof *s);
    s->plan = plan;
    s->parallel = parallel ? *parallel : (nnz_parallel){.run = run_here};
    s->activations = (uint8_t *)arena + nnz_align64(sizeof *s);
    s->scratch = s->activations + plan->activation_size;
    memset(s->activations, 0, plan->activation_size);
    *session = s;
    return NNZ_OK;
}

static void *io_memory(const nnz_session *s, const nnz_io_record *io) {
    const nnz_tensor_record *t = &nnz_tensors(s->plan->model)[io->tensor];
    if (t->kind == NNZ_KIND_CONSTANT)
        return (void *)(uintptr_t)nnz_model_data(s->plan->model, t->data);
    return s->activations + (size_t)s->plan->offsets[io->tensor] * NNZ_ALIGNMENT;
}

/* Moves between the user's array and the internal tensor, whose axes may be in another order. */
static void move_io(const nnz_session *s, const nnz_io_record *io, void *user, bool is_output) {
    nnz_box box = {.rank = io->view_rank};
    int64_t plain = 1;
    for (uint32_t i = io->view_rank; i-- > 0;) {
        box.dims[i] = io->view[i];
        (is_output ? box.to : box.from)[i] = io->strides[i];
        (is_output ? box.from : box.to)[i] = plain;
        plain *= io->view[i];
    }
    void *memory = io_memory(s, io);
    size_t element = nnz_dtype_size((nnz_dtype)nnz_tensors(s->plan->model)[io->tensor].dtype);
    if (is_output)
        nnz_move_box(&box, element, memory, user);
    else
        nnz_move_box(&box, element, user, memory);
}

nnz_status nnz_run(nnz_session *s, const void *const *inputs, void *const *outputs, nnz_error *error) {
    const nnz_plan *plan = s->plan;
    const nnz_model *m = plan->model;
    nnz_error_begin(error, NNZ_OK);
    for (uint32_t i = 0; i < m->input_count; i++)
        if (inputs[i])
            move_io(s, &nnz_inputs(m)[i], (void *)(uintptr_t)inputs[i], false);

    nnz_op op;
    nnz_exec exec = {
        .op = &op,
        .arena = s->activations,
        .offsets = plan->offsets,
        .scratch = s->scratch,
        .scratch_stride = plan->scratch_size,
        .parallel = &s->parallel,
    };
    uint64_t before = s->clock ? s->clock() : 0;
    for (uint32_t i = 0; i < m->op_count; i++) {
        nnz_model_op(m, i, &op);
        const nnz_op_impl *impl = nnz_find_op(m->registry, op.record->kind);
        exec.plan = plan->ops[i].data;
        if (impl->run)
            impl->run(&exec);
        if (s->clock) {
            uint64_t now = s->clock();
            s->ticks[i] += now - before;
            before = now;
        }
    }

    for (uint32_t i = 0; i < m->output_count; i++)
        if (outputs[i])
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
