/* A model's records, typed; and the two halves of validating them. */
#ifndef NNZ_MODEL_H
#define NNZ_MODEL_H

#include "format.h"
#include "op.h"

static inline const nnz_tensor_record *nnz_tensors(const nnz_model *m) {
    return m->tensors;
}
static inline const nnz_op_record *nnz_ops(const nnz_model *m) {
    return m->ops;
}
static inline const nnz_matrix_record *nnz_matrices(const nnz_model *m) {
    return m->matrices;
}
static inline const nnz_io_record *nnz_inputs(const nnz_model *m) {
    return m->inputs;
}
static inline const nnz_io_record *nnz_outputs(const nnz_model *m) {
    return m->outputs;
}

/* The activations are the tensors before the first constant. */
uint32_t nnz_activation_count(const nnz_model *model);

/* How many inputs and outputs of the model are this tensor. */
uint32_t nnz_ports_of(const nnz_model *model, uint32_t tensor);

/* Validates names, tensors, matrices, inputs, outputs and operators of a model whose sections are in place. */
nnz_status nnz_check_records(const nnz_model *model, nnz_error *error);
nnz_status nnz_check_matrix(const nnz_model *model, uint32_t id, nnz_error *error);
nnz_status nnz_check_io(const nnz_model *model, const nnz_io_record *io, const char *what, uint32_t i,
                        nnz_error *error);

/* The implementation of an operator kind, or NULL. */
const nnz_op_impl *nnz_find_op(const nnz_registry *registry, uint32_t kind);

/* The name of tensor, operator, input or output `i`: "" in a stripped file. */
enum nnz_name_group { NNZ_NAME_TENSOR, NNZ_NAME_OP, NNZ_NAME_INPUT, NNZ_NAME_OUTPUT };
const char *nnz_name(const nnz_model *model, enum nnz_name_group group, uint32_t i);

#endif
