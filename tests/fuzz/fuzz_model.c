/*
 * libFuzzer target: any bytes, unpacked first where they are packed, are either refused by nnz_unpack() or nnz_open()
 * with a message, or run within their memory. The header's size is made right, as the checksum is not looked at, so
 * that mutations reach the records.
 */
#include "../../runtime/src/model.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY_LIMIT = 1 << 24, WORK_LIMIT = 1 << 24, UNPACKED_LIMIT = 1 << 16 };

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

/* Any level, by the file's checksum, which nothing looks at. */
static nnz_isa any_level(const nnz_model *m) {
    return (nnz_isa)(((const nnz_header_record *)(const void *)m->data)->crc32c % (NNZ_ISA_HELIUM + 1));
}

/* Plans, and runs where the CPU has the level. */
static void run(const nnz_model *model, nnz_isa isa, uint32_t threads) {
    nnz_config config = {.isa = isa, .threads = threads};
    nnz_error error;
    nnz_plan *plan;
    nnz_session *session;
    size_t plan_size = nnz_plan_size(model, &config);
    if (plan_size > MEMORY_LIMIT)
        return;
    void *plan_memory = aligned(plan_size), *arena = NULL;
    if (nnz_plan_init(&plan, model, &config, plan_memory, plan_size, &error) == NNZ_OK &&
        nnz_arena_size(plan) <= MEMORY_LIMIT && nnz_cpu_has(isa)) {
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

/* What a program asks of a model before it plans it. */
static void query(const nnz_model *m) {
    nnz_info info;
    for (size_t i = 0; i <= nnz_input_count(m); i++)
        if ((nnz_input_info(m, i, &info) == NNZ_OK) != (i < nnz_input_count(m)) ||
            (i < nnz_input_count(m) && *info.name && nnz_find_input(m, info.name) != (int)i))
            abort();
    for (size_t i = 0; i <= nnz_output_count(m); i++)
        if ((nnz_output_info(m, i, &info) == NNZ_OK) != (i < nnz_output_count(m)) ||
            (i < nnz_output_count(m) && *info.name && nnz_find_output(m, info.name) != (int)i))
            abort();
    for (size_t i = 0; i <= nnz_op_count(m); i++)
        if ((*nnz_op_kind(m, i) != 0) != (i < nnz_op_count(m)) || strlen(nnz_op_name(m, i)) >= m->size)
            abort();
}

static void try_file(const uint8_t *bytes, size_t size) {
    uint8_t *data = aligned(size + 1);
    memcpy(data, bytes, size);
    if (size >= sizeof(nnz_header_record))
        ((nnz_header_record *)data)->file_size = (uint32_t)size;
    nnz_model model;
    nnz_error error;
    nnz_status status = nnz_open(&model, data, size, nnz_registry_all(), &error);
    if (status != error.status || (status != NNZ_OK && !error.message[0]))
        abort();
    if (status == NNZ_OK)
        query(&model);
    if (status == NNZ_OK && is_small(&model)) {
        run(&model, nnz_cpu_isa(), 1);
        run(&model, any_level(&model), 3);
    }
    free(data);
}

/* The source, the scratch and the file are blocks of their own, so that each is watched to the byte. */
static void try_packed(const uint8_t *bytes, size_t size) {
    uint8_t *source = malloc(size), *file = NULL;
    void *scratch = NULL;
    size_t file_size, scratch_size;
    nnz_error error;
    memcpy(source, bytes, size);
    if (size >= sizeof(nnz_packed_record)) {
        const uint32_t packed_size = (uint32_t)size;
        memcpy(source + offsetof(nnz_packed_record, packed_size), &packed_size, sizeof packed_size);
    }
    nnz_status status = nnz_packed_size(source, size, &file_size, &scratch_size, &error);
    if (status == NNZ_OK && file_size <= UNPACKED_LIMIT) {
        file = malloc(file_size);
        scratch = aligned(scratch_size);
        status = nnz_unpack(file, file_size, source, size, scratch, scratch_size, &error);
        if (status == NNZ_OK)
            try_file(file, file_size);
    }
    if (status != error.status || (status != NNZ_OK && !error.message[0]))
        abort();
    free(scratch);
    free(file);
    free(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (nnz_is_packed(bytes, size))
        try_packed(bytes, size);
    else
        try_file(bytes, size);
    return 0;
}
