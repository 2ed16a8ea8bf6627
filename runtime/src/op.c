/* What operators share: resolving their arguments, and the checks that several need. */
#include "model.h"

void nnz_model_op(const nnz_model *m, uint32_t id, nnz_op *op) {
    const nnz_op_record *r = &nnz_ops(m)[id];
    *op = (nnz_op){
        .model = m,
        .id = id,
        .record = r,
        .inputs = (const uint32_t *)m->args + r->args,
        .outputs = (const uint32_t *)m->args + r->args + r->inputs,
        .params = (const uint32_t *)m->params + r->params,
    };
}

bool nnz_op_uses(const nnz_op *op, uint32_t tensor) {
    const uint32_t tensors = op->record->inputs + op->record->outputs; /* one list: the outputs follow the inputs */
    for (uint32_t i = 0; i < tensors; i++)
        if (op->inputs[i] == tensor)
            return true;
    return false;
}

const nnz_tensor_record *nnz_op_tensor(const nnz_op *op, uint32_t tensor) {
    return tensor == NNZ_NONE ? NULL : &nnz_tensors(op->model)[tensor];
}

size_t nnz_tensor_elements(const nnz_tensor_record *t) {
    size_t n = 1;
    for (uint32_t i = 0; i < t->rank; i++)
        n *= t->dims[i];
    return n;
}

uint64_t nnz_tensor_bytes(const nnz_tensor_record *t) {
    uint64_t elements = nnz_tensor_elements(t);
    if (t->layout == NNZ_LAYOUT_PLANES4)
        elements = (uint32_t)elements / t->dims[1] * ((t->dims[1] + UINT64_C(3)) / 4 * 4);
    return elements * nnz_dtype_size((nnz_dtype)t->dtype);
}

const void *nnz_model_data(const nnz_model *m, uint32_t offset) {
    return (const uint8_t *)m->constants + offset;
}

const void *nnz_op_constant(const nnz_op *op, uint32_t tensor) {
    return tensor == NNZ_NONE ? NULL : nnz_model_data(op->model, nnz_tensors(op->model)[tensor].data);
}

const nnz_matrix_record *nnz_op_matrix(const nnz_op *op, uint32_t matrix) {
    return &nnz_matrices(op->model)[matrix];
}

/* ---- Checks ------------------------------------------------------------------------------------------------------ */

#ifndef NNZ_NO_TEXT

static nnz_status fail_op(const nnz_op *op, nnz_error *error, nnz_status status, const char *what) {
    const char *name = nnz_name(op->model, NNZ_NAME_OP, op->id);
    nnz_error_begin(error, status);
    nnz_error_text(error, nnz_find_op(op->model->registry, op->record->kind)->name);
    nnz_error_text(error, " ");
    if (*name) {
        nnz_error_text(error, "'");
        nnz_error_text(error, name);
        nnz_error_text(error, "'");
    } else {
        nnz_error_text(error, "operator ");
        nnz_error_number(error, op->id);
    }
    nnz_error_text(error, ": ");
    nnz_error_text(error, what);
    return status;
}

nnz_status nnz_op_fail(const nnz_op *op, nnz_error *error, const char *what) {
    return fail_op(op, error, NNZ_ERROR_FORMAT, what);
}

nnz_status nnz_op_unsupported(const nnz_op *op, nnz_error *error, const char *what) {
    return fail_op(op, error, NNZ_ERROR_UNSUPPORTED, what);
}

#endif

nnz_status nnz_op_check_counts(const nnz_op *op, uint32_t inputs, uint32_t outputs, uint32_t params, nnz_error *error) {
    const nnz_op_record *r = op->record;
    if (r->inputs != inputs || r->outputs != outputs || r->param_count != params)
        return nnz_op_fail(op, error, "wrong number of inputs, outputs or parameters");
    return NNZ_OK;
}

nnz_status nnz_op_check_float(const nnz_op *op, uint32_t i, nnz_error *error) {
    const nnz_tensor_record *t = nnz_op_input(op, i);
    if (!t)
        return nnz_op_fail(op, error, "an input is missing");
    if (t->dtype != NNZ_FLOAT32)
        return nnz_op_unsupported(op, error, "an input is not float32");
    return NNZ_OK;
}

nnz_status nnz_op_check_constant(const nnz_op *op, uint32_t i, nnz_dtype dtype, size_t elements, bool optional,
                                 nnz_error *error) {
    const nnz_tensor_record *t = nnz_op_input(op, i);
    if (!t)
        return optional ? NNZ_OK : nnz_op_fail(op, error, "a constant input is missing");
    if (t->kind != NNZ_KIND_CONSTANT || t->dtype != dtype || nnz_tensor_elements(t) != elements)
        return nnz_op_fail(op, error, "an input must be a constant of another type or size");
    return NNZ_OK;
}

/* How many of act[0], act[1] an activation uses. */
static int activation_parameters(uint8_t activation) {
    switch (activation) {
    case NNZ_ACT_CLIP:
    case NNZ_ACT_HARD_SIGMOID:
        return 2;
    case NNZ_ACT_LEAKY_RELU:
        return 1;
    }
    return 0;
}

nnz_status nnz_op_check_activation(const nnz_op *op, bool allowed, nnz_error *error) {
    const nnz_op_record *r = op->record;
    if (r->activation >= NNZ_ACT_COUNT || (!allowed && r->activation != NNZ_ACT_NONE))
        return nnz_op_fail(op, error, "unknown activation, or one where none is allowed");
    for (int i = activation_parameters(r->activation); i < 2; i++)
        if (r->act[i] != 0)
            return nnz_op_fail(op, error, "a parameter that its activation does not use is not zero");
    if (r->activation == NNZ_ACT_CLIP && !(r->act[0] <= r->act[1]))
        return nnz_op_fail(op, error, "the lower bound of its clip is above the upper one");
    return NNZ_OK;
}

nnz_status nnz_op_kernel(const nnz_op *op, const nnz_config *config, nnz_family family, const nnz_kernel **kernel,
                         nnz_error *error) {
    *kernel = nnz_find_kernel(op, config, family);
    return *kernel ? NNZ_OK : nnz_op_unsupported(op, error, "a kernel that it needs is not in this program's registry");
}

nnz_status nnz_op_check_matrix(const nnz_op *op, uint32_t matrix, nnz_error *error) {
    return matrix < op->model->matrix_count ? NNZ_OK : nnz_op_fail(op, error, "its matrix does not exist");
}

/* ---- At work ----------------------------------------------------------------------------------------------------- */

static void *tensor_memory(const nnz_exec *exec, uint32_t tensor) {
    for (uint32_t i = 0; i < exec->direct_count; i++)
        if (exec->direct[i].tensor == tensor)
            return exec->direct[i].memory;
    return exec->arena + exec->offsets[tensor] * exec->arena_unit;
}

const void *nnz_exec_input(const nnz_exec *exec, uint32_t i) {
    const nnz_tensor_record *t = nnz_op_input(exec->op, i);
    if (!t)
        return NULL;
    if (t->kind == NNZ_KIND_CONSTANT)
        return nnz_model_data(exec->op->model, t->data);
    return tensor_memory(exec, exec->op->inputs[i]);
}

void *nnz_exec_output(const nnz_exec *exec, uint32_t i) {
    return tensor_memory(exec, exec->op->outputs[i]);
}
