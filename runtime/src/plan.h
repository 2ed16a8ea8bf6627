/* The decisions for a model: see plan.c for how they are made, memory.c for where activations lie. */
#ifndef NNZ_PLAN_H
#define NNZ_PLAN_H

#include "model.h"

/* The lifetime and place of an activation. Tensors that share memory (a reshape, an operator in place) have one root.
 */
typedef struct nnz_place {
    uint32_t offset, units; /* in the arena's activations, and its size, in units of the arena */
    uint32_t root;          /* the tensor whose memory this is */
    uint32_t first, last;   /* of a root: the operators that write it first and read it last, counted from 1; inputs are
                               written at 0 */
} nnz_place;

typedef struct nnz_op_plan {
    uint32_t part;                    /* what the operator's plan() wrote: where in the plan, in NNZ_PLAN_UNIT */
    uint32_t kernel;                  /* nnz_kernel_id() of its main kernel */
    uint32_t scratch, scratch_stride; /* of thread 0, behind the activations that live then, and from thread to thread,
                                         in units of the arena */
} nnz_op_plan;

/* An operator's place in a chain: chain.h. */
typedef struct nnz_link {
    uint32_t count; /* operators of the chain from this one on: at the first one, 1 where it runs by itself */
    uint32_t rows;  /* of its output that lie in a thread's buffer at most; of the last one's, in a band */
} nnz_link;

struct nnz_plan {
    const nnz_model *model;
    nnz_config config;
    uint64_t arena_size; /* of activations and scratch, bytes */
};

/* What the struct counts for, whatever its pointers take. */
enum { NNZ_PLAN_BYTES = 24 };

/* The tables behind it: [operators], [activations], [inputs, then outputs], and, but for levels of small devices, which
 * have no chains, [operators]. */
static inline nnz_op_plan *nnz_plan_ops(const nnz_plan *plan) {
    return (nnz_op_plan *)((uintptr_t)plan + NNZ_PLAN_BYTES);
}
static inline uint32_t *nnz_plan_offsets(const nnz_plan *plan) {
    return (uint32_t *)(nnz_plan_ops(plan) + plan->model->op_count);
}
/* Whether the user's array may stand for the tensor in a run. */
static inline uint32_t *nnz_plan_direct(const nnz_plan *plan) {
    return nnz_plan_offsets(plan) + nnz_activation_count(plan->model);
}

static inline nnz_link *nnz_plan_links(const nnz_plan *plan) {
    return (nnz_link *)(nnz_plan_direct(plan) + plan->model->input_count + plan->model->output_count);
}

/* How many operators run as one from operator `op` on, which begins a chain or runs by itself. */
static inline uint32_t nnz_plan_count(const nnz_plan *plan, uint32_t op) {
    return nnz_isa_is_small(plan->config.isa) ? 1 : nnz_plan_links(plan)[op].count;
}

/* Makes `op` operator `id`, and `exec` ready to run it, but for what is the same for all operators. */
void nnz_plan_exec(const nnz_plan *plan, uint32_t id, nnz_op *op, nnz_exec *exec);

/* Fills places[activations] and the units of all activations; false where these are too many to address. Chains are
 * known. */
bool nnz_place_activations(const nnz_plan *plan, nnz_place *places, uint32_t *units);

/* Fills nnz_plan_direct(). */
void nnz_find_direct(const nnz_model *model, const nnz_place *places, uint32_t *direct);

/* Units up to the end of the highest activation that lives while operator `op` runs. */
uint32_t nnz_live_units(const nnz_model *model, const nnz_place *places, uint32_t op);

#endif
