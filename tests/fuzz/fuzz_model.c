/*
 * libFuzzer target: any bytes are either refused by nnz_open() with a message, or run within their memory. The header's
 * size is made right, as the checksum is not looked at, so that mutations reach the records.
 */
#include "../../runtime/src/model.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY_LIMIT = 1 << 24, WORK_LIMIT = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Whether a run is short: a small file may ask for much work. */
static bool is_small(const nnz_model *m) {
    uint64_t work = 0, largest = 1;
    for (uint32_t i = 0; i < m->tensor_count; i++) {
        uint64_t n = nnz_tensor_elements(&nnz_tensors(m)[i]);
        work += n;
        largest = n > largest ? n : largest;
    }
    for (uint32_t i = 0; i < m->matrix_count; i++)
        work += (uint64_t)nnz_matrices(m)[i].cols * largest;
    const uint32_t *params = m->params;
    for (uint32_t i = 0; i < m->op_count; i++)
        for (uint32_t k = 0; k < nnz_ops(m)[i].param_count && nnz_ops(m)[i].kind == NNZ_OP_POOL; k++)
            work += (uint64_t)params[nnz_ops(m)[i].params + k] * largest;
    return work * (m->op_count + 1) < WORK_LIMIT;
}

static void *aligned(size_t size) {
    void *p = aligned_alloc(NNZ_ALIGNMENT, (size + 63) & ~(size_t)63);
    if (!p)
        abort();
    return p;
}

static void run(const nnz_model *model, uint32_t threads) {
    nnz_config config = {.isa = nnz_cpu_isa(), .threads = threads};
    nnz_error error;
    nnz_plan *plan;
    nnz_session *session;
    size_t plan_size = nnz_plan_size(model, &config);
    if (plan_size > MEMORY_LIMIT)
        return;
    void *plan_memory = aligned(plan_size), *arena = NULL;
    if (nnz_plan_init(&plan, model, &config, plan_memory, plan_size, &error) == NNZ_OK &&
        nnz_arena_size(plan) <= MEMORY_LIMIT) {
        arena = aligned(nnz_arena_size(plan));
        const void **inputs = calloc(nnz_input_count(model) + 1, sizeof *inputs);
        void **outputs = calloc(nnz_output_count(model) + 1, sizeof *outputs);
        if (nnz_session_init(&session, plan, arena, nnz_arena_size(plan), NULL, &error) != NNZ_OK ||
            nnz_run(session, inputs, outputs, &error) != NNZ_OK)
            abort();
        free(inputs);
        free(outputs);
    }
    free(arena);
    free(plan_memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t *data = aligned(size + 1);
    memcpy(data, bytes, size);
    if (size >= sizeof(nnz_header_record))
        ((nnz_header_record *)data)->file_size = (uint32_t)size;
    nnz_model model;
    nnz_error error;
    nnz_status status = nnz_open(&model, data, size, nnz_registry_all(), &error);
    if (status != error.status || (status != NNZ_OK && !error.message[0]))
        abort();
    if (status == NNZ_OK && is_small(&model)) {
        run(&model, 1);
        run(&model, 3);
    }
    free(data);
    return 0;
}
