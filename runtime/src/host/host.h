/* What the files of the host layer offer each other. POSIX. */
#ifndef NNZ_HOST_H
#define NNZ_HOST_H

#include "nnz.h"

#include <stdbool.h>

/* From this size on memory is asked to be of huge pages. */
enum { NNZ_HUGE_FROM = 2 << 20 };

/* Memory aligned to NNZ_ALIGNMENT, to be freed with free(); NULL where there is none. */
void *nnz_host_allocate(size_t size);

/* A file's contents: mapped, so that processes share them; or, from NNZ_HUGE_FROM on, read, since weights that stream
 * from behind the caches come faster from huge pages. */
typedef struct nnz_file {
    void *data;
    size_t size;
    bool is_mapped;
} nnz_file;

nnz_status nnz_file_open(nnz_file *file, const char *path, nnz_error *error);
/* Nothing happens to a file of NULL data. */
void nnz_file_close(nnz_file *file);

/* Threads that share tasks with the thread that calls run. */
typedef struct nnz_pool nnz_pool;

/* `threads` counts the calling one: 2 to NNZ_MAX_THREADS. */
nnz_status nnz_pool_start(nnz_pool **pool, uint32_t threads, nnz_error *error);
void nnz_pool_stop(nnz_pool *pool);
/* nnz_parallel.run */
void nnz_pool_run(void *pool, void (*task)(void *context, uint32_t i, uint32_t worker), void *context, uint32_t count);

/* CPUs that this process may use, 1 to NNZ_MAX_THREADS. */
uint32_t nnz_host_cpus(void);

#endif
