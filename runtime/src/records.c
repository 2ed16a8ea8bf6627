/* Validation of the records: after this, everything trusts them. */
#include "model.h"

#include <string.h>

enum { MAX_RECORDS = 65535, MAX_PORTS = 1024 };

static nnz_status fail_record(nnz_error *error, nnz_status status, const char *record, uint32_t id, const char *what) {
    nnz_error_begin(error, status);
    nnz_error_text(error, record);
    nnz_error_text(error, " ");
    nnz_error_number(error, id);
    nnz_error_text(error, ": ");
    nnz_error_text(error, what);
    return status;
}

static bool zero_words(const uint32_t *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (words[i])
            return false;
    return true;
}

static bool same_words(const uint32_t *a, const uint32_t *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

/* The product of `rank` dims, each at least 1 and zero beyond; 0 where that does not hold or it exceeds 2^31 - 1. */
static uint64_t dims_product(const uint32_t *dims, uint32_t rank) {
    uint64_t n = 1;
    for (uint32_t i = 0; i < NNZ_MAX_RANK; i++) {
        if (i >= rank) {
            if (dims[i])
                return 0;
            continue;
        }
        n *= dims[i];
        if (!n || n > INT32_MAX)
            return 0;
    }
    return n;
}

/* Well-formed by RFC 3629: no overlong form, no surrogate, nothing beyond U+10FFFF. The text ends with a zero byte. */
static bool is_utf8(const uint8_t *p, const uint8_t *end) {
    while (p < end) {
        uint8_t lead = *p++, low = 0x80, high = 0xBF;
        int more = lead < 0x80 ? 0 : lead < 0xC2 ? -1 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF5 ? 3 : -1;
        if (lead == 0xE0)
            low = 0xA0;
        if (lead == 0xED)
            high = 0x9F;
        if (lead == 0xF0)
            low = 0x90;
        if (lead == 0xF4)
            high = 0x8F;
        if (more < 0)
            return false;
        for (; more > 0; more--, low = 0x80, high = 0xBF)
            if (*p < low || *p++ > high)
                return false;
    }
    return true;
}

static bool names_distinct(const nnz_model *m, enum nnz_name_group group, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (!strcmp(nnz_name(m, group, i), nnz_name(m, group, k)))
                return false;
    return true;
}

static nnz_status check_names(const nnz_model *m, nnz_error *error) {
    if (!NNZ_HAS_TEXT || !m->names)
        return NNZ_OK;
    const uint64_t count = (uint64_t)m->tensor_count + m->op_count + m->input_count + m->output_count;
    const uint64_t text = count * 4;
    const uint8_t *bytes = m->names;
    if (text + 1 > m->name_size || bytes[m->name_size - 1])
        return nnz_fail(error, NNZ_ERROR_FORMAT, "section 'NAME' is too short or does not end with a zero byte");
    if (!is_utf8(bytes + text, bytes + m->name_size))
        return nnz_fail(error, NNZ_ERROR_FORMAT, "section 'NAME': a name is not UTF-8");
    const uint32_t *offsets = m->names;
    for (uint64_t i = 0; i < count; i++)
        if (offsets[i] < text || offsets[i] >= m->name_size || (offsets[i] > text && bytes[offsets[i] - 1]))
            return nnz_fail(error, NNZ_ERROR_FORMAT, "section 'NAME': an offset is not that of a name");
    if (!names_distinct(m, NNZ_NAME_INPUT, m->input_count) || !names_distinct(m, NNZ_NAME_OUTPUT, m->output_count))
        return nnz_fail(error, NNZ_ERROR_FORMAT, "two inputs, or two outputs, have the same name");
    return NNZ_OK;
}

static nnz_status check_tensor(const nnz_model *m, uint32_t id, nnz_error *error) {
    const nnz_tensor_record *t = &nnz_tensors(m)[id];
    size_t element = nnz_dtype_size((nnz_dtype)t->dtype);
    if (!element)
        return fail_record(error, NNZ_ERROR_FORMAT, "tensor", id, "unknown dtype");
    if (t->kind > NNZ_KIND_CONSTANT || t->layout > NNZ_LAYOUT_PLANES4)
        return fail_record(error, NNZ_ERROR_FORMAT, "tensor", id, "unknown kind or layout");
    if (t->layout == NNZ_LAYOUT_PLANES4 &&
        (t->kind == NNZ_KIND_CONSTANT || t->dtype != NNZ_INT8 || t->rank < 3 || t->rank > 4))
        return fail_record(error, NNZ_ERROR_FORMAT, "tensor", id, "planes4 is for int8 activations of rank 3 and 4");
    uint64_t elements = t->rank > NNZ_MAX_RANK ? 0 : dims_product(t->dims, t->rank);
    if (!elements || elements * element > INT32_MAX || nnz_tensor_bytes(t) > INT32_MAX)
        return fail_record(error, NNZ_ERROR_FORMAT, "tensor", id,
                           "dims must be at least 1, at most 8 of them, and at most 2^31 - 1 bytes");
    if (!zero_words(t->reserved, 4))
        return fail_record(error, NNZ_ERROR_FORMAT, "tensor", id, "a reserved field is not zero");
    if (t->kind == NNZ_KIND_ACTIVATION) {
        if (t->data)
            return fail_record(error, NNZ_ERROR_FORMAT, "tensor", id, "an activation has no data");
        if (id && nnz_tensors(m)[id - 1].kind == NNZ_KIND_CONSTANT)
            return fail_record(error, NNZ_ERROR_FORMAT, "tensor", id, "activations come before constants");
    } else if (t->data % 64 || t->data + elements * element > m->data_size - 64) {
        return fail_record(error, NNZ_ERROR_FORMAT, "tensor", id, "its data lie outside of section 'DATA'");
    }
    return NNZ_OK;
}

/* Every activation is written once, in order, and read only after that. */
static nnz_status check_op(const nnz_model *m, uint32_t id, uint32_t *written, nnz_error *error) {
    const nnz_op_record *r = &nnz_ops(m)[id];
    if ((uint64_t)r->args + r->inputs + r->outputs > m->arg_count || !r->outputs)
        return fail_record(error, NNZ_ERROR_FORMAT, "operator", id, "its arguments lie outside of section 'ARGS'");
    if ((uint64_t)r->params + r->param_count > m->param_count)
        return fail_record(error, NNZ_ERROR_FORMAT, "operator", id, "its parameters lie outside of section 'PARM'");
    if (r->reserved || r->reserved2)
        return fail_record(error, NNZ_ERROR_FORMAT, "operator", id, "a reserved field is not zero");
    const uint32_t *args = (const uint32_t *)m->args + r->args;
    for (uint32_t i = 0; i < r->inputs; i++) {
        if (args[i] == NNZ_NONE)
            continue;
        if (args[i] >= m->tensor_count)
            return fail_record(error, NNZ_ERROR_FORMAT, "operator", id, "an input is not a tensor");
        if (nnz_tensors(m)[args[i]].kind == NNZ_KIND_ACTIVATION && args[i] >= *written)
            return fail_record(error, NNZ_ERROR_FORMAT, "operator", id, "an input is read before it is written");
    }
    for (uint32_t i = 0; i < r->outputs; i++)
        if (args[r->inputs + i] != (*written)++ || *written > m->tensor_count ||
            nnz_tensors(m)[*written - 1].kind != NNZ_KIND_ACTIVATION)
            return fail_record(error, NNZ_ERROR_FORMAT, "operator", id, "an output is not the next activation");

    const nnz_op_impl *impl = nnz_find_op(m->registry, r->kind);
    if (!impl) {
        fail_record(error, NNZ_ERROR_UNSUPPORTED, "operator", id, "kind ");
        nnz_error_number(error, r->kind);
        nnz_error_text(error, " is not in this build");
        return NNZ_ERROR_UNSUPPORTED;
    }
    for (uint32_t i = 0; !impl->planes4 && i < (uint32_t)r->inputs + r->outputs; i++)
        if (args[i] != NNZ_NONE && nnz_tensors(m)[args[i]].layout != NNZ_LAYOUT_PLAIN)
            return fail_record(error, NNZ_ERROR_FORMAT, "operator", id, "it reads and writes plain tensors only");
    nnz_op op;
    nnz_model_op(m, id, &op);
    return impl->check(&op, error);
}

nnz_status nnz_check_records(const nnz_model *m, nnz_error *error) {
    if (m->tensor_count > MAX_RECORDS || m->op_count > MAX_RECORDS || m->matrix_count > MAX_RECORDS ||
        m->input_count > MAX_PORTS || m->output_count > MAX_PORTS)
        return nnz_fail(error, NNZ_ERROR_FORMAT, "more than 65535 records of a kind, or 1024 inputs or outputs");
    nnz_status status = check_names(m, error);
    for (uint32_t i = 0; !status && i < m->tensor_count; i++)
        status = check_tensor(m, i, error);
    for (uint32_t i = 0; !status && i < m->matrix_count; i++)
        status = nnz_check_matrix(m, i, error);
    for (uint32_t i = 0; !status && i < m->input_count; i++) {
        status = nnz_check_io(m, &nnz_inputs(m)[i], "input", i, error);
        if (!status && (nnz_inputs(m)[i].tensor != i || nnz_tensors(m)[i].kind != NNZ_KIND_ACTIVATION))
            status =
                fail_record(error, NNZ_ERROR_FORMAT, "input", i, "its tensor is not the activation of this number");
    }
    for (uint32_t i = 0; !status && i < m->output_count; i++)
        status = nnz_check_io(m, &nnz_outputs(m)[i], "output", i, error);

    uint32_t written = m->input_count;
    for (uint32_t i = 0; !status && i < m->op_count; i++)
        status = check_op(m, i, &written, error);
    if (!status && written != nnz_activation_count(m))
        status = nnz_fail(error, NNZ_ERROR_FORMAT, "an activation is written by no operator");
    return status;
}

/* ---- Inputs and outputs ------------------------------------------------------------------------------------------ */

/* The strides are those of a permutation: axis after axis, the one with the smallest stride continues the product. */
static bool is_permutation(const nnz_io_record *io, uint64_t elements) {
    uint64_t next = 1;
    bool used[NNZ_MAX_RANK] = {false};
    for (uint32_t n = 0; n < io->view_rank; n++) {
        uint32_t axis = NNZ_MAX_RANK;
        for (uint32_t i = 0; i < io->view_rank && axis == NNZ_MAX_RANK; i++)
            if (!used[i] && (io->view[i] == 1 ? io->strides[i] == 0 : io->strides[i] == next))
                axis = i;
        if (axis == NNZ_MAX_RANK)
            return false;
        used[axis] = true;
        next *= io->view[axis];
    }
    return next == elements;
}

nnz_status nnz_check_io(const nnz_model *m, const nnz_io_record *io, const char *what, uint32_t i, nnz_error *error) {
    if (io->tensor >= m->tensor_count)
        return fail_record(error, NNZ_ERROR_FORMAT, what, i, "its tensor does not exist");
    const nnz_tensor_record *t = &nnz_tensors(m)[io->tensor];
    if (io->reserved[0] || io->reserved[1] || !zero_words(io->reserved2, 5))
        return fail_record(error, NNZ_ERROR_FORMAT, what, i, "a reserved field is not zero");
    if (io->dtype && (io->dtype != NNZ_UINT8 || t->dtype != NNZ_INT8))
        return fail_record(error, NNZ_ERROR_FORMAT, what, i,
                           "its dtype must be the tensor's, or uint8 of an int8 tensor");
    uint64_t elements = nnz_tensor_elements(t);
    if (io->rank > NNZ_MAX_RANK || io->view_rank > NNZ_MAX_RANK || dims_product(io->dims, io->rank) != elements ||
        dims_product(io->view, io->view_rank) != elements)
        return fail_record(error, NNZ_ERROR_FORMAT, what, i, "its dims do not fit its tensor");
    if (t->layout != NNZ_LAYOUT_PLAIN && (io->view_rank != t->rank || !same_words(io->view, t->dims, NNZ_MAX_RANK)))
        return fail_record(error, NNZ_ERROR_FORMAT, what, i, "the view of a planes4 tensor must be its dims");
    if (!is_permutation(io, elements) || !zero_words(io->strides + io->view_rank, NNZ_MAX_RANK - io->view_rank))
        return fail_record(error, NNZ_ERROR_FORMAT, what, i, "its strides are not a permutation");
    return NNZ_OK;
}
