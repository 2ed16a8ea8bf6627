#include "epilogue.h"

#include "quantized.h"

nnz_status nnz_epilogue_check(const nnz_op *op, uint32_t residual, uint32_t params, nnz_error *error) {
    const bool adds = op->record->inputs > residual && op->inputs[residual] != NNZ_NONE;
    nnz_status status = nnz_op_check_counts(op, residual + 2, 1, params + (adds ? NNZ_ADD_PARAMS : 0), error);
    if (!status && adds)
        status = nnz_op_check_alike(op, residual, error);
    if (!status && adds)
        status = nnz_op_check_add(op, params, error);
    return status ? status : nnz_op_check_constant(op, residual + 1, NNZ_INT8, 256, true, error);
}

/* The kernel that takes the place of a table that is a line, where the level has one of its own: in C, or with wider
 * instructions for tables, looking up is as fast. */
static const nnz_kernel *rescale_kernel(const nnz_op *op, const nnz_config *config, const nnz_kernel *look_up) {
    const nnz_kernel *rescale =
        nnz_isa_is_small(config->isa) ? NULL : nnz_find_kernel(op, config, NNZ_FAMILY_RESCALE_S8);
    return rescale && rescale->isa == look_up->isa ? rescale : NULL;
}

nnz_status nnz_epilogue_plan(const nnz_op *op, const nnz_config *config, uint32_t residual,
                             nnz_epilogue_kernels *kernels, nnz_error *error) {
    const nnz_kernel *add = NULL, *look_up = NULL, *rescale = NULL;
    nnz_line line = {0};
    nnz_status status = NNZ_OK;
    if (op->inputs[residual] != NNZ_NONE)
        status = nnz_op_kernel(op, config, NNZ_FAMILY_ADD_S8, &add, error);
    if (!status && op->inputs[residual + 1] != NNZ_NONE)
        status = nnz_op_kernel(op, config, NNZ_FAMILY_LUT_S8, &look_up, error);
    if (!status && look_up)
        rescale = rescale_kernel(op, config, look_up);
    if (rescale) {
        line = nnz_line_of(nnz_op_constant(op, op->inputs[residual + 1]));
        rescale = line.multiplier ? rescale : NULL;
    }
    *kernels =
        (nnz_epilogue_kernels){nnz_kernel_id(op, add), nnz_kernel_id(op, look_up), nnz_kernel_id(op, rescale), line};
    return status;
}

nnz_epilogue nnz_epilogue_of(const nnz_op *op, uint32_t residual, uint32_t params,
                             const nnz_epilogue_kernels *kernels) {
    const nnz_kernel *add = nnz_kernel_at(op, kernels->add), *look_up = nnz_kernel_at(op, kernels->look_up);
    const nnz_kernel *rescale = nnz_kernel_at(op, kernels->rescale);
    nnz_epilogue e = {0};
    if (add) {
        e.add = (nnz_add_s8_fn)add->function;
        e.sum = nnz_op_add(op, params);
    }
    if (look_up) {
        e.look_up = (nnz_lut_s8_fn)look_up->function;
        e.table = nnz_op_constant(op, op->inputs[residual + 1]);
    }
    if (rescale) {
        e.rescale = (nnz_rescale_s8_fn)rescale->function;
        e.line = nnz_line_rescale(kernels->line);
    }
    return e;
}

void nnz_epilogue_run(const nnz_epilogue *epilogue, const int8_t *v, const int8_t *residual, int8_t *y, size_t n) {
    if (epilogue->add) {
        nnz_add_s8 sum = epilogue->sum;
        sum.a = v;
        sum.b = residual;
        sum.y = y;
        sum.n = n;
        epilogue->add(&sum);
        v = y;
    }
    if (epilogue->rescale) {
        nnz_rescale_s8 line = epilogue->line;
        line.x = v;
        line.y = y;
        line.n = n;
        epilogue->rescale(&line);
    } else if (epilogue->look_up) {
        epilogue->look_up(epilogue->table, v, y, n);
    }
}
