/*
 * The plan's memory: the struct, tables of operators, activations and ports, then each operator's own part. While
 * the plan is made, the places of activations stand behind it.
 */
#include "chain.h"

_Static_assert(sizeof(nnz_plan) <= NNZ_PLAN_BYTES, "the size of a plan does not depend on the machine");

static bool config_valid(const nnz_config *config) {
    return config->threads >= 1 && config->threads <= NNZ_MAX_THREADS && (uint32_t)config->isa <= NNZ_ISA_HELIUM &&
           (!NNZ_ONLY_SMALL || config->isa == NNZ_ISA_SCALAR || config->isa >= NNZ_ISA_DSP);
}

static size_t tables_size(const nnz_model *m, nnz_isa isa) {
    const size_t words = nnz_activation_count(m) + m->input_count + m->output_count;
    const size_t op = sizeof(nnz_op_plan) + (nnz_isa_is_small(isa) ? 0 : sizeof(nnz_link));
    return (size_t)nnz_align(NNZ_PLAN_BYTES + m->op_count * op + words * sizeof(uint32_t), NNZ_PLAN_UNIT);
}

static const nnz_op_impl *resolve(const nnz_model *m, uint32_t id, nnz_op *op) {
    nnz_model_op(m, id, op);
    return nnz_find_op(m->registry, op->record->kind);
}

/* Bytes of an operator's part. */
static uint64_t part_size(const nnz_op_impl *impl, const nnz_op *op, const nnz_config *config) {
    return impl->plan_size ? nnz_align(impl->plan_size(op, config), NNZ_PLAN_UNIT) : 0;
}

/* The places are needed only before the operators' parts are written: they share that memory. */
size_t nnz_plan_size(const nnz_model *m, const nnz_config *config) {
    if (!config_valid(config))
        return 0;
    const uint64_t places = nnz_activation_count(m) * sizeof(nnz_place);
    uint64_t parts = 0;
    for (uint32_t i = 0; i < m->op_count; i++) {
        nnz_op op;
        const nnz_op_impl *impl = resolve(m, i, &op);
        parts += part_size(impl, &op, config);
    }
    const uint64_t size = tables_size(m, config->isa) + (parts > places ? parts : places);
    return size / NNZ_PLAN_UNIT < UINT32_MAX && size <= SIZE_MAX ? (size_t)size : 0;
}

/* Plans an operator; its part begins at byte *at of the plan. */
static nnz_status plan_op(nnz_plan *p, uint32_t id, uint64_t *at, nnz_error *error) {
    nnz_op op;
    nnz_op_needs needs = {0};
    const nnz_op_impl *impl = resolve(p->model, id, &op);
    nnz_op_plan *plan = &nnz_plan_ops(p)[id];
    const size_t unit = nnz_arena_unit(p->config.isa);
    nnz_status status = NNZ_OK;
    if (impl->family)
        status = nnz_op_kernel(&op, &p->config, impl->family, &needs.kernel, error);
    if (!status && impl->plan)
        status = impl->plan(&op, &p->config, (uint8_t *)p + *at, &needs, error);
    if (status)
        return status;
    const uint64_t stride = nnz_align(needs.scratch, unit);
    if (nnz_to_units(stride, unit) > UINT32_MAX)
        return nnz_fail(error, NNZ_ERROR_MEMORY, "an operator needs more memory than can be addressed");
    plan->part = (uint32_t)(*at / NNZ_PLAN_UNIT);
    plan->kernel = nnz_kernel_id(&op, needs.kernel);
    plan->scratch_stride = (uint32_t)nnz_to_units(stride, unit);
    *at += part_size(impl, &op, &p->config);
    return NNZ_OK;
}

/* The scratch of a chain that begins with operator `id`, or of a single one: the most that one of its operators needs,
 * and the buffers between them. */
static nnz_status share_scratch(nnz_plan *p, uint32_t id, uint32_t count, nnz_error *error) {
    const size_t unit = nnz_arena_unit(p->config.isa);
    nnz_op_plan *plans = &nnz_plan_ops(p)[id];
    uint64_t stride = 0;
    for (uint32_t k = 0; k < count; k++)
        if (stride < plans[k].scratch_stride)
            stride = plans[k].scratch_stride;
    if (!NNZ_ONLY_SMALL && count > 1)
        stride += nnz_to_units(nnz_align(nnz_chain_bytes(p, id), unit), unit);
    if (stride > UINT32_MAX)
        return nnz_fail(error, NNZ_ERROR_MEMORY, "a chain of operators needs more memory than can be addressed");
    for (uint32_t k = 0; k < count; k++)
        plans[k].scratch_stride = (uint32_t)stride;
    const uint64_t end = (plans->scratch + stride * p->config.threads) * unit;
    if (p->arena_size < end)
        p->arena_size = end;
    return NNZ_OK;
}

/* Where activations lie, and behind them each operator's scratch. */
static nnz_status place(nnz_plan *p, nnz_place *places, nnz_error *error) {
    const size_t unit = nnz_arena_unit(p->config.isa);
    const uint32_t count = nnz_activation_count(p->model);
    uint32_t units;
    if (!nnz_place_activations(p, places, &units))
        return nnz_fail(error, NNZ_ERROR_MEMORY, "the model's activations need more memory than can be addressed");
    p->arena_size = (uint64_t)units * unit;
    for (uint32_t i = 0; i < count; i++)
        nnz_plan_offsets(p)[i] = places[i].offset;
    nnz_find_direct(p->model, places, nnz_plan_direct(p));
    for (uint32_t i = 0; i < p->model->op_count; i++)
        nnz_plan_ops(p)[i].scratch = nnz_live_units(p->model, places, i);
    return NNZ_OK;
}

nnz_status nnz_plan_init(nnz_plan **plan, const nnz_model *m, const nnz_config *config, void *memory, size_t size,
                         nnz_error *error) {
    nnz_error_begin(error, NNZ_OK);
    if (!config_valid(config))
        return nnz_fail(error, NNZ_ERROR_ARGUMENT, "threads must be 1 to 64, and the level one of nnz_isa");
    if ((uintptr_t)memory % NNZ_ALIGNMENT)
        return nnz_fail(error, NNZ_ERROR_ALIGNMENT, "the plan's memory must start at a multiple of 64");
    const size_t needed = nnz_plan_size(m, config);
    if (!needed || size < needed)
        return nnz_fail(error, NNZ_ERROR_MEMORY, "the plan's memory is smaller than nnz_plan_size()");

    nnz_plan *p = memory;
    *p = (nnz_plan){.model = m, .config = *config};
    uint64_t at = tables_size(m, config->isa);
    if (!nnz_isa_is_small(config->isa))
        nnz_find_chains(p);
    nnz_status status = place(p, (nnz_place *)((uint8_t *)memory + at), error);
    for (uint32_t i = 0; !status && i < m->op_count; i++)
        status = plan_op(p, i, &at, error);
    for (uint32_t i = 0; !status && i < m->op_count; i += nnz_plan_count(p, i))
        status = share_scratch(p, i, nnz_plan_count(p, i), error);
    if (status)
        return status;
    if (p->arena_size > SIZE_MAX / 2)
        return nnz_fail(error, NNZ_ERROR_MEMORY, "the session needs more memory than can be addressed");
    *plan = p;
    return NNZ_OK;
}

void nnz_plan_exec(const nnz_plan *plan, uint32_t id, nnz_op *op, nnz_exec *exec) {
    const nnz_op_plan *planned = &nnz_plan_ops(plan)[id];
    nnz_model_op(plan->model, id, op);
    exec->op = op;
    exec->plan = (const uint8_t *)plan + (size_t)planned->part * NNZ_PLAN_UNIT;
    exec->kernel = nnz_kernel_at(op, planned->kernel);
    exec->scratch = exec->arena + planned->scratch * exec->arena_unit;
    exec->scratch_stride = planned->scratch_stride * exec->arena_unit;
}

const char *nnz_plan_kernel(const nnz_plan *plan, size_t i) {
    if (i >= plan->model->op_count)
        return "";
    nnz_op op;
    nnz_model_op(plan->model, (uint32_t)i, &op);
    const nnz_kernel *kernel = nnz_kernel_at(&op, nnz_plan_ops(plan)[i].kernel);
    return kernel ? kernel->name : "";
}
