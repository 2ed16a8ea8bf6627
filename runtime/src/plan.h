/* The decisions for a model: see plan.c for how they are made, memory.c for where activations lie. */
#ifndef NNZ_PLAN_H
#define NNZ_PLAN_H

#include "model.h"

/* The lifetime and place of an activation. Tensors that share memory (a reshape, an operator in place) have one root.
 */
typedef struct nnz_place {
    uint32_t offset;      /* in the arena's activations, in units of NNZ_ALIGNMENT */
    uint32_t root;        /* the tensor whose memory this is */
    uint32_t first, last; /* of a root: the operators that write it first and read it last, counted from 1; inputs are
                             written at 0 */
} nnz_place;

typedef struct nnz_op_plan {
    const void *data; /* what the operator's plan() wrote */
    const char *kernel;
} nnz_op_plan;

struct nnz_plan {
    const nnz_model *model;
    nnz_config config;
    size_t activation_size; /* bytes */
    size_t scratch_size;    /* bytes for each thread */
    uint32_t *offsets;      /* [activations] */
    nnz_op_plan *ops;       /* [operators] */
};

/* Fills places[activations] of a model and the bytes of all activations; false where these are too many to address. */
bool nnz_place_activations(const nnz_model *model, nnz_place *places, size_t *size);

#endif
