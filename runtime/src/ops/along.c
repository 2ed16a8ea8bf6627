#include "along.h"

nnz_along nnz_along_axis(const nnz_tensor_record *tensor, uint32_t axis) {
    nnz_along along = {1, tensor->dims[axis], 1};
    for (uint32_t i = 0; i < axis; i++)
        along.outer *= tensor->dims[i];
    for (uint32_t i = axis + 1; i < tensor->rank; i++)
        along.inner *= tensor->dims[i];
    return along;
}

typedef struct along_work {
    const nnz_along *along;
    void (*function)(const void *context, size_t offset, size_t count);
    const void *context;
    size_t items;
    uint32_t parts;
} along_work;

/* Items are lines of neighbours: every outer index has the same number of them. */
static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const along_work *w = context;
    const nnz_along *a = w->along;
    const size_t lines = nnz_lines(a->inner), end = nnz_part(w->items, w->parts, i + 1);
    for (size_t at = nnz_part(w->items, w->parts, i), next; at < end; at = next) {
        const size_t line = at % lines, first = line * NNZ_LINE;
        next = nnz_min(at - line + lines, end);
        const size_t count = nnz_min((next - at) * NNZ_LINE, a->inner - first);
        w->function(w->context, at / lines * a->n * a->inner + first, count);
    }
}

void nnz_along_run(const nnz_exec *exec, const nnz_along *along,
                   void (*function)(const void *context, size_t offset, size_t count), const void *context) {
    const size_t items = along->outer * nnz_lines(along->inner);
    const uint32_t parts = nnz_parts(items, along->n * nnz_min(along->inner, NNZ_LINE));
    along_work work = {along, function, context, items, parts};
    nnz_exec_parallel(exec, run_part, &work, parts);
}
