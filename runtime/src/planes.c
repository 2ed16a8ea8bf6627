/*
 * How far apart the planes of an activation lie. Planes of 14 x 14 or 7 x 7 pixels are no whole cache lines; if a
 * convolution gains by it, each begins with a line all the same. The convolution then reads them in place or packs
 * whole lines, and the operator that writes them can keep incomplete sums there.
 */
#include "model.h"

enum { LINE = 16 }; /* floats */

/* Whether all operators that read or write the tensor take planes that lie apart, and one of them gains by it. */
static bool operators_agree(const nnz_model *m, uint32_t tensor) {
    bool gains = false;
    for (uint32_t i = 0; i < m->op_count; i++) {
        nnz_op op;
        nnz_rows rows;
        nnz_model_op(m, i, &op);
        if (!nnz_op_uses(&op, tensor))
            continue;
        const nnz_op_impl *impl = nnz_find_op(m->registry, op.record->kind);
        if (!impl->rows)
            return false;
        impl->rows(&op, &rows);
        if (rows.matrices)
            return false;
        gains |= rows.lines && op.inputs[0] == tensor;
    }
    return gains;
}

size_t nnz_plane_stride(const nnz_model *m, uint32_t tensor, nnz_isa isa) {
    const nnz_tensor_record *t = &nnz_tensors(m)[tensor];
    const size_t planes = t->rank < 2 ? 1 : (size_t)t->dims[0] * t->dims[1], pixels = nnz_tensor_elements(t) / planes;
    const uint64_t lines = nnz_align(pixels, LINE);
    const bool dear = nnz_isa_is_small(isa) || 3 * lines > 4 * (uint64_t)pixels;
    if (lines == pixels || dear || t->kind == NNZ_KIND_CONSTANT || nnz_ports_of(m, tensor) ||
        !operators_agree(m, tensor))
        return pixels;
    return (size_t)lines;
}

uint64_t nnz_activation_bytes(const nnz_model *m, uint32_t tensor, nnz_isa isa) {
    const nnz_tensor_record *t = &nnz_tensors(m)[tensor];
    if (t->rank < 2 || t->dtype != NNZ_FLOAT32)
        return nnz_tensor_bytes(t);
    return (uint64_t)t->dims[0] * t->dims[1] * nnz_plane_stride(m, tensor, isa) * sizeof(float);
}
