/* What a model says of itself: names, shapes, operators; and what operators ask of it. */
#include "model.h"

#include <string.h>

size_t nnz_dtype_size(nnz_dtype dtype) {
    switch (dtype) {
    case NNZ_INT8:
    case NNZ_UINT8:
    case NNZ_BOOL:
        return 1;
    case NNZ_FLOAT16:
        return 2;
    case NNZ_FLOAT32:
    case NNZ_INT32:
        return 4;
    case NNZ_INT64:
        return 8;
    }
    return 0;
}

uint32_t nnz_activation_count(const nnz_model *m) {
    uint32_t n = m->tensor_count;
    while (n && nnz_tensors(m)[n - 1].kind == NNZ_KIND_CONSTANT)
        n--;
    return n;
}

uint32_t nnz_ports_of(const nnz_model *m, uint32_t tensor) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < m->input_count; i++)
        found += nnz_inputs(m)[i].tensor == tensor;
    for (uint32_t i = 0; i < m->output_count; i++)
        found += nnz_outputs(m)[i].tensor == tensor;
    return found;
}

const char *nnz_name(const nnz_model *m, enum nnz_name_group group, uint32_t i) {
    if (!m->names)
        return "";
    const uint32_t *offsets = m->names;
    if (group > NNZ_NAME_TENSOR)
        offsets += m->tensor_count;
    if (group > NNZ_NAME_OP)
        offsets += m->op_count;
    if (group > NNZ_NAME_INPUT)
        offsets += m->input_count;
    return (const char *)m->names + offsets[i];
}

/* ---- Inputs and outputs ------------------------------------------------------------------------------------------ */

size_t nnz_input_count(const nnz_model *m) {
    return m->input_count;
}

size_t nnz_output_count(const nnz_model *m) {
    return m->output_count;
}

static void describe(const nnz_model *m, const nnz_io_record *io, const char *name, nnz_info *info) {
    const nnz_tensor_record *t = &nnz_tensors(m)[io->tensor];
    info->name = name;
    info->dtype = (nnz_dtype)(io->dtype ? io->dtype : t->dtype);
    info->rank = io->rank;
    memcpy(info->dims, io->dims, sizeof info->dims);
    info->bytes = nnz_tensor_elements(t) * nnz_dtype_size(info->dtype);
    info->scale = t->scale;
    info->zero_point = (int32_t)((uint32_t)t->zero_point + (io->dtype ? 128 : 0)); /* any value is valid in a file */
}

nnz_status nnz_input_info(const nnz_model *m, size_t i, nnz_info *info) {
    if (i >= m->input_count)
        return NNZ_ERROR_ARGUMENT;
    describe(m, &nnz_inputs(m)[i], nnz_name(m, NNZ_NAME_INPUT, (uint32_t)i), info);
    return NNZ_OK;
}

nnz_status nnz_output_info(const nnz_model *m, size_t i, nnz_info *info) {
    if (i >= m->output_count)
        return NNZ_ERROR_ARGUMENT;
    describe(m, &nnz_outputs(m)[i], nnz_name(m, NNZ_NAME_OUTPUT, (uint32_t)i), info);
    return NNZ_OK;
}

int nnz_find_input(const nnz_model *m, const char *name) {
    for (uint32_t i = 0; i < m->input_count; i++)
        if (!strcmp(nnz_name(m, NNZ_NAME_INPUT, i), name))
            return (int)i;
    return -1;
}

int nnz_find_output(const nnz_model *m, const char *name) {
    for (uint32_t i = 0; i < m->output_count; i++)
        if (!strcmp(nnz_name(m, NNZ_NAME_OUTPUT, i), name))
            return (int)i;
    return -1;
}

/* ---- Operators --------------------------------------------------------------------------------------------------- */

size_t nnz_op_count(const nnz_model *m) {
    return m->op_count;
}

const char *nnz_op_kind(const nnz_model *m, size_t i) {
    return i < m->op_count ? nnz_find_op(m->registry, nnz_ops(m)[i].kind)->name : "";
}

const char *nnz_op_name(const nnz_model *m, size_t i) {
    return i < m->op_count ? nnz_name(m, NNZ_NAME_OP, (uint32_t)i) : "";
}

const nnz_op_impl *nnz_find_op(const nnz_registry *registry, uint32_t kind) {
    for (const nnz_op_impl *const *op = registry->ops; *op; op++)
        if ((*op)->kind == kind)
            return *op;
    return NULL;
}

const nnz_kernel *nnz_find_kernel(const nnz_op *op, const nnz_config *config, nnz_family family) {
    const nnz_kernel *best = NULL;
    for (const nnz_kernel *const *k = op->model->registry->kernels; *k; k++)
        if ((*k)->family == family && nnz_isa_includes(config->isa, (*k)->isa) && (!best || (*k)->isa > best->isa))
            best = *k;
    return best;
}
