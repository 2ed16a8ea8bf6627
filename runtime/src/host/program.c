/* nnz_load(): a model with its memory, plan, session and threads. */
#include "../status.h"
#include "host.h"

#include <stdlib.h>
#include <string.h>

struct nnz_program {
    nnz_file file; /* of nnz_load() */
    void *copy;    /* of nnz_load_memory(), or unpacked */
    nnz_model model;
    nnz_config config;
    void *plan_memory, *arena;
    nnz_plan *plan;
    nnz_session *session;
    nnz_pool *pool; /* NULL for one thread */
};

static nnz_status allocate(void **memory, size_t size, const char *what, nnz_error *error) {
    *memory = nnz_host_allocate(size);
    if (*memory)
        return NNZ_OK;
    nnz_fail(error, NNZ_ERROR_MEMORY, "no memory for the ");
    nnz_error_text(error, what);
    nnz_error_text(error, ", bytes: ");
    nnz_error_number(error, size);
    return NNZ_ERROR_MEMORY;
}

/* The file in a packed one, as the program's copy. */
static nnz_status unpack(nnz_program *p, const void *src, size_t src_size, size_t *size, nnz_error *error) {
    size_t scratch_size;
    void *scratch = NULL;
    nnz_status status = nnz_packed_size(src, src_size, size, &scratch_size, error);
    if (!status)
        status = allocate(&p->copy, *size, "unpacked model", error);
    if (!status)
        status = allocate(&scratch, scratch_size, "scratch of unpacking", error);
    if (!status)
        status = nnz_unpack(p->copy, *size, src, src_size, scratch, scratch_size, error);
    free(scratch);
    return status;
}

static nnz_status prepare(nnz_program *p, const void *data, size_t size, uint32_t threads, nnz_error *error) {
    nnz_status status = nnz_open(&p->model, data, size, nnz_registry_all(), error);
    if (!status)
        status = nnz_verify(&p->model, error);
    if (!status)
        status = nnz_host_isa(&p->config.isa, error);
    if (status)
        return status;
    p->config.threads = threads ? threads : nnz_host_cpus();
    if (p->config.threads > NNZ_MAX_THREADS)
        return nnz_fail(error, NNZ_ERROR_ARGUMENT, "at most 64 threads can work on a model");

    size_t plan_size = nnz_plan_size(&p->model, &p->config);
    status = allocate(&p->plan_memory, plan_size, "plan", error);
    if (!status)
        status = nnz_plan_init(&p->plan, &p->model, &p->config, p->plan_memory, plan_size, error);
    if (status)
        return status;

    size_t arena_size = nnz_arena_size(p->plan);
    status = allocate(&p->arena, arena_size, "arena", error);
    if (!status && p->config.threads > 1)
        status = nnz_pool_start(&p->pool, p->config.threads, error);
    if (status)
        return status;
    nnz_parallel parallel = {.run = nnz_pool_run, .pool = p->pool};
    return nnz_session_init(&p->session, p->plan, p->arena, arena_size, p->pool ? &parallel : NULL, error);
}

static nnz_status finish(nnz_program **result, nnz_program *p, nnz_status status) {
    if (status)
        nnz_free(p);
    *result = status ? NULL : p;
    return status;
}

static nnz_program *make_program(nnz_error *error) {
    nnz_program *p = calloc(1, sizeof *p);
    if (!p)
        nnz_fail(error, NNZ_ERROR_MEMORY, "no memory for a program");
    return p;
}

/* What is wrong with a file, with its name before it. */
static void name_file(nnz_error *error, const char *path) {
    if (!error)
        return;
    nnz_error cause = *error;
    nnz_fail(error, cause.status, path);
    nnz_error_text(error, ": ");
    nnz_error_text(error, cause.message);
}

nnz_status nnz_load(nnz_program **program, const char *path, uint32_t threads, nnz_error *error) {
    nnz_program *p = make_program(error);
    if (!p)
        return finish(program, p, NNZ_ERROR_MEMORY);
    nnz_status status = nnz_file_open(&p->file, path, error);
    if (status)
        return finish(program, p, status);
    const void *data = p->file.data;
    size_t size = p->file.size;
    if (nnz_is_packed(data, size)) {
        status = unpack(p, data, size, &size, error);
        nnz_file_close(&p->file);
        data = p->copy;
    }
    if (!status)
        status = prepare(p, data, size, threads, error);
    if (status)
        name_file(error, path);
    return finish(program, p, status);
}

nnz_status nnz_load_memory(nnz_program **program, const void *data, size_t size, uint32_t threads, nnz_error *error) {
    nnz_program *p = make_program(error);
    if (!p)
        return finish(program, p, NNZ_ERROR_MEMORY);
    nnz_status status;
    if (nnz_is_packed(data, size)) {
        status = unpack(p, data, size, &size, error);
    } else {
        status = allocate(&p->copy, size, "model", error);
        if (!status)
            memcpy(p->copy, data, size);
    }
    if (!status)
        status = prepare(p, p->copy, size, threads, error);
    return finish(program, p, status);
}

const nnz_model *nnz_program_model(const nnz_program *p) {
    return &p->model;
}

const nnz_plan *nnz_program_plan(const nnz_program *p) {
    return p->plan;
}

nnz_session *nnz_program_session(nnz_program *p) {
    return p->session;
}

nnz_isa nnz_program_isa(const nnz_program *p) {
    return p->config.isa;
}

uint32_t nnz_program_threads(const nnz_program *p) {
    return p->config.threads;
}

void nnz_free(nnz_program *p) {
    if (!p)
        return;
    if (p->pool)
        nnz_pool_stop(p->pool);
    free(p->arena);
    free(p->plan_memory);
    free(p->copy);
    nnz_file_close(&p->file);
    free(p);
}
