/* Which inputs and outputs need no copy in the arena: operators work on the user's own array. */
#include "plan.h"

/* Whether the user's array has its elements in the tensor's order, row-major. */
static bool same_order(const nnz_io_record *io, const nnz_tensor_record *t) {
    if (t->kind == NNZ_KIND_CONSTANT || t->layout != NNZ_LAYOUT_PLAIN || io->dtype)
        return false;
    uint64_t stride = 1;
    for (uint32_t i = io->view_rank; i-- > 0; stride *= io->view[i])
        if (io->view[i] > 1 && io->strides[i] != stride)
            return false;
    return true;
}

/* Whether nothing else lies in the tensor's memory. */
static bool alone(const nnz_model *m, const nnz_place *places, uint32_t tensor) {
    for (uint32_t t = 0; t < nnz_activation_count(m); t++)
        if (t != tensor && places[t].root == places[tensor].root)
            return false;
    return true;
}

/* Whether all operators that read or write the tensor can work on memory of the user. */
static bool operators_agree(const nnz_model *m, uint32_t tensor) {
    for (uint32_t i = 0; i < m->op_count; i++) {
        nnz_op op;
        nnz_model_op(m, i, &op);
        if (nnz_op_uses(&op, tensor) && !nnz_find_op(m->registry, op.record->kind)->user_memory)
            return false;
    }
    return true;
}

static bool is_direct(const nnz_model *m, const nnz_place *places, const nnz_io_record *io) {
    return same_order(io, &nnz_tensors(m)[io->tensor]) && nnz_ports_of(m, io->tensor) == 1 &&
           alone(m, places, io->tensor) && operators_agree(m, io->tensor);
}

void nnz_find_direct(const nnz_model *m, const nnz_place *places, uint32_t *direct) {
    for (uint32_t i = 0; i < m->input_count; i++)
        *direct++ = is_direct(m, places, &nnz_inputs(m)[i]);
    for (uint32_t i = 0; i < m->output_count; i++)
        *direct++ = is_direct(m, places, &nnz_outputs(m)[i]);
}
