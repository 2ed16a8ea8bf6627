/*
 * The plan's memory: the struct, a table of operators, the offsets of activations, then each operator's own part. While
 * the plan is made, the places of activations stand behind it.
 */
#include "plan.h"

#include <string.h>

static bool config_valid(const nnz_config *config) {
    return config->threads >= 1 && config->threads <= NNZ_MAX_THREADS && (uint32_t)config->isa <= NNZ_ISA_I8MM;
}

static size_t tables_size(const nnz_model *m) {
    return nnz_align64(sizeof(nnz_plan)) + nnz_align64(m->op_count * sizeof(nnz_op_plan)) +
           nnz_align64(nnz_activation_count(m) * sizeof(uint32_t));
}

static size_t places_size(const nnz_model *m) {
    return nnz_align64(nnz_activation_count(m) * sizeof(nnz_place));
}

static const nnz_op_impl *resolve(const nnz_model *m, uint32_t id, nnz_op *op) {
    nnz_model_op(m, id, op);
    return nnz_find_op(m->registry, op->record->kind);
}

static size_t parts_size(const nnz_model *m, const nnz_config *config) {
    size_t size = 0;
    for (uint32_t i = 0; i < m->op_count; i++) {
        nnz_op op;
        const nnz_op_impl *impl = resolve(m, i, &op);
        if (impl->plan_size)
            size += nnz_align64(impl->plan_size(&op, config));
    }
    return size;
}

/* The places are needed only before the operators' parts are written: they share that memory. */
size_t nnz_plan_size(const nnz_model *m, const nnz_config *config) {
    if (!config_valid(config))
        return 0;
    size_t parts = parts_size(m, config), places = places_size(m);
    return tables_size(m) + (parts > places ? parts : places);
}

nnz_status nnz_plan_init(nnz_plan **plan, const nnz_model *m, const nnz_config *config, void *memory, size_t size,
                         nnz_error *error) {
    nnz_error_begin(error, NNZ_OK);
    if (!config_valid(config))
        return nnz_fail(error, NNZ_ERROR_ARGUMENT, "threads must be 1 to 64, and the level one of nnz_isa");
    if (!nnz_cpu_has(config->isa)) {
        nnz_fail(error, NNZ_ERROR_CPU, "this CPU does not have ");
        nnz_error_text(error, nnz_isa_name(config->isa));
        return NNZ_ERROR_CPU;
    }
    if ((uintptr_t)memory % NNZ_ALIGNMENT)
        return nnz_fail(error, NNZ_ERROR_ALIGNMENT, "the plan's memory must start at a multiple of 64");
    if (size < nnz_plan_size(m, config))
        return nnz_fail(error, NNZ_ERROR_MEMORY, "the plan's memory is smaller than nnz_plan_size()");

    uint8_t *at = memory;
    nnz_plan *p = memory;
    memset(p, 0, sizeof *p);
    p->model = m;
    p->config = *config;
    at += nnz_align64(sizeof *p);
    p->ops = (void *)at;
    at += nnz_align64(m->op_count * sizeof *p->ops);
    p->offsets = (void *)at;
    at += nnz_align64(nnz_activation_count(m) * sizeof *p->offsets);

    nnz_place *places = (void *)at;
    if (!nnz_place_activations(m, places, &p->activation_size))
        return nnz_fail(error, NNZ_ERROR_MEMORY, "the model's activations need more memory than can be addressed");
    for (uint32_t i = 0; i < nnz_activation_count(m); i++)
        p->offsets[i] = places[i].offset;

    for (uint32_t i = 0; i < m->op_count; i++) {
        nnz_op op;
        nnz_op_needs needs = {0};
        const nnz_op_impl *impl = resolve(m, i, &op);
        p->ops[i] = (nnz_op_plan){.data = at};
        if (!impl->plan)
            continue;
        nnz_status status = impl->plan(&op, config, at, &needs, error);
        if (status)
            return status;
        at += nnz_align64(impl->plan_size(&op, config));
        p->ops[i].kernel = needs.kernel;
        if (p->scratch_size < nnz_align64(needs.scratch))
            p->scratch_size = nnz_align64(needs.scratch);
    }
    *plan = p;
    return NNZ_OK;
}

const char *nnz_plan_kernel(const nnz_plan *plan, size_t i) {
    return i < plan->model->op_count && plan->ops[i].kernel ? plan->ops[i].kernel : "";
}
