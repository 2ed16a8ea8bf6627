/*
 * A pool of threads for nnz_parallel. The tasks of a job are shared out in ranges of neighbours, one for each thread:
 * the same thread gets the same part of every layer, and finds in its own cache what it wrote there. Whoever has
 * finished its range takes tasks of the others', so that a slow or sleeping thread delays nobody. The caller is
 * worker 0 and returns when `unfinished` is 0.
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
    SPINS = 2000, /* some 100 microseconds: longer than most operators that one thread runs alone */
    LINE = 64,    /* of the cache */
};

/* Tasks next to each other: their number in a job ends before `end`, and `waiting` of them nobody has taken yet. */
typedef struct range {
    _Alignas(LINE) atomic_uint waiting;
    uint32_t end;
} range;

typedef struct worker {
    nnz_pool *pool;
    pthread_t thread;
    uint32_t id;
} worker;

struct nnz_pool {
    /* The job: written while nothing is waiting, read only by those who took a task of it. */
    void (*task)(void *context, uint32_t i, uint32_t worker);
    void *context;
    range ranges[NNZ_MAX_THREADS];

    _Alignas(LINE) atomic_uint jobs; /* that there have been */
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

/* Works on the tasks of a range until none is waiting. */
static void work_on(nnz_pool *pool, range *r, uint32_t id) {
    unsigned waiting = atomic_load_explicit(&r->waiting, memory_order_relaxed);
    while (waiting) {
        if (!atomic_compare_exchange_weak_explicit(&r->waiting, &waiting, waiting - 1, memory_order_acquire,
                                                   memory_order_relaxed))
            continue;
        pool->task(pool->context, r->end - waiting, id);
        atomic_fetch_sub_explicit(&pool->unfinished, 1, memory_order_release);
        waiting = atomic_load_explicit(&r->waiting, memory_order_relaxed);
    }
}

/* Its own range first, then those behind it. */
static void work(nnz_pool *pool, uint32_t id) {
    for (uint32_t i = id; i <= pool->threads; i++)
        work_on(pool, &pool->ranges[i], id);
    for (uint32_t i = 0; i < id; i++)
        work_on(pool, &pool->ranges[i], id);
}

/* Waits for another job than the `seen` ones; returns how many there have been. */
static unsigned next_job(nnz_pool *pool, unsigned seen) {
    for (int i = 0; i < SPINS; i++) {
        unsigned jobs = atomic_load_explicit(&pool->jobs, memory_order_acquire);
        if (jobs != seen || atomic_load(&pool->stop))
            return jobs;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    /* Sequentially consistent, as in nnz_pool_run(): either this thread sees the job or the caller sees the sleeper. */
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(&pool->jobs) == seen && !atomic_load(&pool->stop))
        pthread_cond_wait(&pool->wake, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
    return atomic_load(&pool->jobs);
}

static void *thread_main(void *argument) {
    const worker *self = argument;
    for (unsigned seen = 0; !atomic_load(&self->pool->stop);) {
        seen = next_job(self->pool, seen);
        work(self->pool, self->id);
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
    atomic_store_explicit(&pool->unfinished, count, memory_order_relaxed);
    const uint32_t threads = pool->threads + 1;
    for (uint32_t i = 0, begin = 0; i < threads; i++) {
        const uint32_t end = (uint32_t)((uint64_t)count * (i + 1) / threads);
        pool->ranges[i].end = end;
        atomic_store_explicit(&pool->ranges[i].waiting, end - begin, memory_order_release);
        begin = end;
    }
    atomic_fetch_add(&pool->jobs, 1);
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
