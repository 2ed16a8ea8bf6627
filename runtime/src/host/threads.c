/*
 * A pool of threads for nnz_parallel. Tasks are counted down: whoever takes one off `waiting` works on it, so that a
 * slow or sleeping thread delays nobody. The caller is worker 0 and returns when `unfinished` is 0.
 */
#define _POSIX_C_SOURCE 200809L
#include "../status.h"
#include "host.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    SPINS = 1000, /* tens of microseconds: longer than the time between two operators */
    LINE = 64,    /* of the cache */
};

typedef struct worker {
    nnz_pool *pool;
    pthread_t thread;
    uint32_t id;
} worker;

struct nnz_pool {
    /* The job: written while `waiting` is 0, read only by those who took a task of it. */
    void (*task)(void *context, uint32_t i, uint32_t worker);
    void *context;
    uint32_t count;

    _Alignas(LINE) atomic_uint waiting; /* tasks that nobody has taken */
    _Alignas(LINE) atomic_uint unfinished;

    _Alignas(LINE) pthread_mutex_t mutex;
    pthread_cond_t wake;
    atomic_uint sleepers;
    atomic_bool stop;

    uint32_t threads; /* without the caller */
    worker workers[NNZ_MAX_THREADS];
};

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Works on tasks until none is waiting. */
static void work(nnz_pool *pool, uint32_t id) {
    unsigned waiting = atomic_load_explicit(&pool->waiting, memory_order_relaxed);
    while (waiting) {
        if (!atomic_compare_exchange_weak_explicit(&pool->waiting, &waiting, waiting - 1, memory_order_acquire,
                                                   memory_order_relaxed))
            continue;
        pool->task(pool->context, pool->count - waiting, id);
        atomic_fetch_sub_explicit(&pool->unfinished, 1, memory_order_release);
        waiting = atomic_load_explicit(&pool->waiting, memory_order_relaxed);
    }
}

static void sleep_until_work(nnz_pool *pool) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&pool->waiting, memory_order_relaxed) || atomic_load(&pool->stop))
            return;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    /* Sequentially consistent, as in nnz_pool_run(): either this thread sees the tasks or the caller sees the sleeper.
     */
    atomic_fetch_add(&pool->sleepers, 1);
    while (!atomic_load(&pool->waiting) && !atomic_load(&pool->stop))
        pthread_cond_wait(&pool->wake, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void *thread_main(void *argument) {
    const worker *self = argument;
    while (!atomic_load(&self->pool->stop)) {
        work(self->pool, self->id);
        sleep_until_work(self->pool);
    }
    return NULL;
}

static void wake_all(nnz_pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

void nnz_pool_run(void *argument, void (*task)(void *context, uint32_t i, uint32_t worker), void *context,
                  uint32_t count) {
    nnz_pool *pool = argument;
    pool->task = task;
    pool->context = context;
    pool->count = count;
    atomic_store_explicit(&pool->unfinished, count, memory_order_relaxed);
    atomic_store(&pool->waiting, count);
    if (atomic_load(&pool->sleepers))
        wake_all(pool);
    work(pool, 0);
    for (int i = 0; atomic_load_explicit(&pool->unfinished, memory_order_acquire); i++) {
        if (i < SPINS)
            relax();
        else
            sched_yield();
    }
}

nnz_status nnz_pool_start(nnz_pool **result, uint32_t threads, nnz_error *error) {
    nnz_pool *pool = aligned_alloc(LINE, (sizeof *pool + LINE - 1) / LINE * LINE);
    if (!pool)
        return nnz_fail(error, NNZ_ERROR_MEMORY, "no memory for the thread pool");
    *pool = (nnz_pool){.threads = 0};
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);

    /* Signals are the program's business: they go to its own threads. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool failed = false;
    while (!failed && pool->threads < threads - 1) {
        worker *w = &pool->workers[pool->threads];
        w->pool = pool;
        w->id = pool->threads + 1;
        failed = pthread_create(&w->thread, NULL, thread_main, w) != 0;
        pool->threads += !failed;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        nnz_pool_stop(pool);
        return nnz_fail(error, NNZ_ERROR_MEMORY, "the system refuses to start another thread: ask for fewer");
    }
    *result = pool;
    return NNZ_OK;
}

void nnz_pool_stop(nnz_pool *pool) {
    atomic_store(&pool->stop, true);
    wake_all(pool);
    for (uint32_t i = 0; i < pool->threads; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}
