/* What an int8 product does with its results before others see them (docs/FORMAT.md section 10.4): it adds a residual,
 * and looks them up in a table. */
#ifndef NNZ_EPILOGUE_H
#define NNZ_EPILOGUE_H

#include "line.h"

/* Positions of the kernels that it needs, and the line that its table is: part of a plan. */
typedef struct nnz_epilogue_kernels {
    uint32_t add, look_up, rescale;
    nnz_line line;
} nnz_epilogue_kernels;

/* An epilogue at work. */
typedef struct nnz_epilogue {
    nnz_add_s8_fn add; /* NULL: no residual */
    nnz_add_s8 sum;    /* its numbers; the pointers and the length are those of each call */
    nnz_lut_s8_fn look_up;
    const int8_t *table;       /* NULL: none */
    nnz_rescale_s8_fn rescale; /* instead of the table; NULL: none */
    nnz_rescale_s8 line;       /* as `sum` */
} nnz_epilogue;

/* Inputs `residual` and the next are the residual and the table, each or both NNZ_NONE. The parameters of the addition
 * follow the operator's own, of which there are `params`. Checks the numbers of inputs and parameters, too. */
nnz_status nnz_epilogue_check(const nnz_op *op, uint32_t residual, uint32_t params, nnz_error *error);
nnz_status nnz_epilogue_plan(const nnz_op *op, const nnz_config *config, uint32_t residual,
                             nnz_epilogue_kernels *kernels, nnz_error *error);
nnz_epilogue nnz_epilogue_of(const nnz_op *op, uint32_t residual, uint32_t params, const nnz_epilogue_kernels *kernels);

/* n bytes of y from the product's results v and the residual (unused where there is none). y may be either of them; it
 * is v where there is nothing to do. */
void nnz_epilogue_run(const nnz_epilogue *epilogue, const int8_t *v, const int8_t *residual, int8_t *y, size_t n);

#endif
