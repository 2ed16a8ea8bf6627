/*
 * Where activations lie in the arena: largest first, each at the lowest offset that is free during its whole life
 * ("greedy by size", Pisarchyk and Lee 2020, https://arxiv.org/abs/2001.03288).
 */
#include "plan.h"

static const uint32_t unplaced = UINT32_MAX;

/* Size, first and last use of every tensor by itself. What a chain reads and writes lives as long as it runs; what lies
 * between its operators has no place. */
static void find_lifetimes(const nnz_plan *plan, nnz_place *places, uint32_t count) {
    const nnz_model *m = plan->model;
    const nnz_isa isa = plan->config.isa;
    const size_t unit = nnz_arena_unit(isa);
    uint32_t begin = 0, end = 0; /* of the chain */
    for (uint32_t t = 0; t < count; t++) {
        const uint64_t bytes =
            nnz_isa_is_small(isa) ? nnz_tensor_bytes(&nnz_tensors(m)[t]) : nnz_activation_bytes(m, t, isa);
        places[t] =
            (nnz_place){.offset = unplaced, .units = (uint32_t)nnz_to_units(nnz_align(bytes, unit), unit), .root = t};
    }
    for (uint32_t i = 0; i < m->op_count; i++) {
        nnz_op op;
        nnz_model_op(m, i, &op);
        if (i == end) {
            begin = i;
            end = i + nnz_plan_count(plan, i);
        }
        for (uint32_t k = 0; k < op.record->outputs; k++) {
            nnz_place *place = &places[op.outputs[k]];
            place->first = begin + 1;
            place->last = end;
            if (i + 1 < end)
                place->offset = place->units = 0;
        }
        for (uint32_t k = 0; k < op.record->inputs; k++)
            if (op.inputs[k] < count)
                places[op.inputs[k]].last = end;
    }
    for (uint32_t i = 0; i < m->output_count; i++)
        if (nnz_outputs(m)[i].tensor < count)
            places[nnz_outputs(m)[i].tensor].last = m->op_count + 1;
}

static void share(nnz_place *places, uint32_t output, uint32_t root) {
    places[output].root = root;
    if (places[root].last < places[output].last)
        places[root].last = places[output].last;
}

/* Whether the output may overwrite input `k`: no other input that must stay intact lies in the same memory, and their
 * planes are equally far apart. */
static bool may_overwrite(const nnz_op_impl *impl, const nnz_op *op, const nnz_place *places, uint32_t count,
                          uint32_t k, nnz_isa isa) {
    if (!nnz_isa_is_small(isa) && impl->rows &&
        nnz_plane_stride(op->model, op->inputs[k], isa) != nnz_plane_stride(op->model, op->outputs[0], isa))
        return false;
    for (uint32_t i = 0; i < op->record->inputs; i++)
        if (op->inputs[i] < count && places[op->inputs[i]].root == places[op->inputs[k]].root && !impl->in_place(op, i))
            return false;
    return true;
}

/* Reshapes always share their input's memory; other operators do where they may and the input dies. */
static void find_roots(const nnz_plan *plan, nnz_place *places, uint32_t count) {
    const nnz_model *m = plan->model;
    for (uint32_t i = 0; i < m->op_count; i += nnz_plan_count(plan, i)) {
        if (nnz_plan_count(plan, i) > 1)
            continue; /* what a chain reads it may need again after its first writes */
        nnz_op op;
        nnz_model_op(m, i, &op);
        const nnz_op_impl *impl = nnz_find_op(m->registry, op.record->kind);
        uint32_t output = op.outputs[0];
        if (!impl->run) {
            share(places, output, places[op.inputs[0]].root);
            continue;
        }
        for (uint32_t k = 0; impl->in_place && k < op.record->inputs; k++) {
            if (op.inputs[k] >= count || !may_overwrite(impl, &op, places, count, k, plan->config.isa))
                continue;
            uint32_t root = places[op.inputs[k]].root;
            if (places[root].last == i + 1 && places[root].units == places[output].units) {
                share(places, output, root);
                break;
            }
        }
    }
}

static bool lives(const nnz_place *p, uint32_t first, uint32_t last) {
    return p->first <= last && first <= p->last;
}

/* The lowest offset that is free during the life of `tensor`: it moves behind one tensor that is in the way after the
 * other, as nothing lower can be free. */
static uint64_t lowest_offset(const nnz_place *places, uint32_t count, uint32_t tensor) {
    const nnz_place *t = &places[tensor];
    uint64_t offset = 0;
    bool moved;
    do {
        moved = false;
        for (uint32_t i = 0; i < count; i++) {
            const nnz_place *p = &places[i];
            if (p->root != i || p->offset == unplaced || !lives(p, t->first, t->last))
                continue;
            const uint64_t end = (uint64_t)p->offset + p->units;
            if (p->offset < offset + t->units && offset < end) {
                offset = end;
                moved = true;
            }
        }
    } while (moved);
    return offset;
}

bool nnz_place_activations(const nnz_plan *plan, nnz_place *places, uint32_t *units) {
    uint32_t count = nnz_activation_count(plan->model);
    uint64_t total = 0;
    find_lifetimes(plan, places, count);
    find_roots(plan, places, count);
    for (;;) {
        uint32_t largest = unplaced, largest_units = 0;
        for (uint32_t i = 0; i < count; i++)
            if (places[i].root == i && places[i].offset == unplaced && places[i].units > largest_units) {
                largest = i;
                largest_units = places[i].units;
            }
        if (largest == unplaced)
            break;
        uint64_t offset = lowest_offset(places, count, largest);
        if (total < offset + largest_units)
            total = offset + largest_units;
        if (total >= unplaced)
            return false;
        places[largest].offset = (uint32_t)offset;
    }
    for (uint32_t i = 0; i < count; i++)
        places[i].offset = places[places[i].root].offset;
    *units = (uint32_t)total;
    return true;
}

uint32_t nnz_live_units(const nnz_model *m, const nnz_place *places, uint32_t op) {
    const uint32_t count = nnz_activation_count(m);
    uint32_t units = 0;
    for (uint32_t i = 0; i < count; i++)
        if (places[i].root == i && lives(&places[i], op + 1, op + 1) && units < places[i].offset + places[i].units)
            units = places[i].offset + places[i].units;
    return units;
}
