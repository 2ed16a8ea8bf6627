/*
 * A thread computes a share of the rows of a chain's last operator, band by band. For a band, each operator asks the
 * one before it for the input rows that it lacks. The first one reads and the last one writes a tensor that exists as a
 * whole; between two operators lies a buffer in scratch, in which rows that nobody needs any more make room for others.
 */
#include "chain.h"

#include <string.h>

enum {
    CHAIN_MAX = 16,         /* operators */
    PLANES_BYTES = 1 << 20, /* what lies between two operators is worth a chain from this size on */
    BANDS_BYTES = 1 << 20,  /* buffers of a thread: they stay in L2, with room for weights */
    BAND_ROWS = 4,          /* the last operator's bands are not lower: low ones cost more than they spare */
    BUFFER_ALIGNMENT = 64,  /* of buffers, and of the planes in them */
};

/* An operator of a chain, and the rows of its output that a thread has made. */
typedef struct chain_link {
    nnz_rows rows;
    uint32_t begin, end; /* rows in its buffer */
    uint32_t height;     /* the most that lie there; of the last operator, which has none: rows of a band */
    nnz_planes planes;
} chain_link;

/* A chain while it runs. */
typedef struct chain_run {
    const nnz_plan *plan;
    uint32_t first;  /* operator */
    uint32_t shares; /* of the rows of an image */
    nnz_op ops[CHAIN_MAX];
    nnz_exec execs[CHAIN_MAX];
    uint64_t (*clock)(void);
    uint64_t ticks[CHAIN_MAX]; /* of each operator, in task 0 */
} chain_run;

/* A chain in a thread, or, without `run`, in a rehearsal that finds the heights of the buffers. */
typedef struct chain_work {
    chain_run *run;
    chain_link links[CHAIN_MAX];
    uint32_t count, image, worker;
    bool timed;
    nnz_planes x;
} chain_work;

/* n rounded down to a multiple of `step`. */
static uint32_t round_down(uint32_t n, uint32_t step) {
    return n / step * step;
}

static bool rows_of(const nnz_model *m, uint32_t id, nnz_rows *rows) {
    nnz_op op;
    nnz_model_op(m, id, &op);
    const nnz_op_impl *impl = nnz_find_op(m->registry, op.record->kind);
    return impl->rows && impl->rows(&op, rows);
}

/* An odd number of cache lines: planes at even ones would fall on a part of the cache's sets. */
static size_t plane_stride(const chain_link *link) {
    const uint64_t lines = nnz_align(link->height * link->rows.bytes, BUFFER_ALIGNMENT) / BUFFER_ALIGNMENT;
    return (size_t)(lines | 1) * BUFFER_ALIGNMENT;
}

/* Bytes of a thread's buffers, and behind them what kernels may read, but do not use. */
static uint64_t buffer_bytes(const chain_work *w) {
    uint64_t bytes = BUFFER_ALIGNMENT;
    for (uint32_t k = 0; k + 1 < w->count; k++)
        bytes += w->links[k].rows.planes * (uint64_t)plane_stride(&w->links[k]);
    return bytes;
}

/* ---- Rows go through a chain ------------------------------------------------------------------------------------- */

/* Takes rows before `begin` out of a buffer: the others move to its beginning. */
static void drop_rows(chain_link *link, uint32_t begin) {
    const size_t bytes = link->rows.bytes, at = link->begin * bytes, distance = (begin - link->begin) * bytes;
    for (uint32_t c = 0; c < link->rows.planes && distance; c++) {
        uint8_t *plane = link->planes.row0 + c * link->planes.stride + at;
        memmove(plane, plane + distance, (link->end - begin) * bytes);
    }
    link->planes.row0 -= distance;
}

/* Makes room for rows up to `end` in the buffer between operators k and k + 1. */
static void make_room(chain_work *w, uint32_t k, uint32_t end) {
    chain_link *link = &w->links[k];
    const chain_link *reader = link + 1;
    const uint32_t begin = (uint32_t)nnz_min(nnz_rows_first(&reader->rows, reader->end), link->end);
    if (w->run)
        drop_rows(link, begin);
    else if (link->height < end - begin)
        link->height = end - begin;
    link->begin = begin;
}

static void run_band(const chain_work *w, uint32_t k, uint32_t begin, uint32_t end) {
    chain_run *run = w->run;
    const nnz_exec *exec = &run->execs[k];
    const nnz_planes x = k ? w->links[k - 1].planes : w->x;
    const nnz_band band = {w->image, begin, end, x, w->links[k].planes, w->worker};
    const uint64_t before = w->timed ? run->clock() : 0;
    nnz_find_op(exec->op->model->registry, exec->op->record->kind)->run_band(exec, &band);
    if (w->timed)
        run->ticks[k] += run->clock() - before;
}

/* Makes the rows of operator k's output up to `end`, and what is needed for them. */
static void advance(chain_work *w, uint32_t k, uint32_t end) {
    chain_link *link = &w->links[k];
    if (end <= link->end)
        return;
    end = (uint32_t)nnz_min(round_down(end + link->rows.step - 1, link->rows.step), link->rows.height);
    if (k)
        advance(w, k - 1, nnz_rows_end(&link->rows, end));
    if (k + 1 < w->count)
        make_room(w, k, end);
    if (w->run)
        run_band(w, k, link->end, end);
    link->end = end;
}

static uint32_t share_begin(const chain_link *last, uint32_t shares, uint32_t i) {
    return i == shares ? last->rows.height
                       : round_down((uint32_t)((uint64_t)last->rows.height * i / shares), last->rows.step);
}

/* A share of the last operator's rows, band by band. */
static void run_share(chain_work *w, uint32_t shares, uint32_t i) {
    chain_link *last = &w->links[w->count - 1];
    const uint32_t end = share_begin(last, shares, i + 1);
    last->begin = last->end = share_begin(last, shares, i);
    for (uint32_t k = w->count - 1; k-- > 0;) {
        chain_link *link = &w->links[k];
        link->begin = round_down(nnz_rows_first(&link[1].rows, link[1].begin), link->rows.step);
        link->end = link->begin;
        if (w->run)
            link->planes.row0 -= link->begin * link->rows.bytes;
    }
    while (last->end < end)
        advance(w, w->count - 1, (uint32_t)nnz_min(end - last->end, last->height) + last->end);
}

/* ---- Finding chains ---------------------------------------------------------------------------------------------- */

/* Whether the tensor is that input of operator `reader`, and nothing else. */
static bool is_read_once(const nnz_model *m, uint32_t tensor, uint32_t reader, uint32_t input) {
    uint32_t readers = 0;
    nnz_op op;
    for (uint32_t i = 0; i < m->op_count; i++) {
        nnz_model_op(m, i, &op);
        for (uint32_t k = 0; k < op.record->inputs; k++)
            readers += op.inputs[k] == tensor;
    }
    for (uint32_t i = 0; i < m->output_count; i++)
        readers += nnz_outputs(m)[i].tensor == tensor;
    nnz_model_op(m, reader, &op);
    return readers == 1 && op.inputs[input] == tensor;
}

/* Whether a chain is worth it for what the operator writes: large planes; or any matrices, whose bands have no rows in
 * common. */
static bool is_worth(const nnz_rows *rows) {
    return rows->matrices || (uint64_t)rows->planes * rows->height * rows->bytes >= PLANES_BYTES;
}

/* Whether both operators see the tensor between them as the same planes: it may be cut into matrices in other ways. */
static bool is_same_shape(const nnz_rows *first, const nnz_rows *second) {
    return first->matrices == second->matrices && first->images == second->images &&
           first->planes == second->in_planes && first->height == second->in_height;
}

/* Whether operator `id` and the one behind it belong into one chain. */
static bool are_linked(const nnz_model *m, uint32_t id) {
    nnz_rows first, second;
    nnz_op op;
    if (id + 1 == m->op_count || !rows_of(m, id, &first) || !rows_of(m, id + 1, &second) || first.residual ||
        !is_same_shape(&first, &second) || !is_worth(&first))
        return false;
    nnz_model_op(m, id, &op);
    return is_read_once(m, op.outputs[0], id + 1, second.input);
}

/* Shares of an image's rows: enough for all threads. */
static uint32_t shares_of(const chain_work *w, uint32_t threads) {
    const uint32_t images = w->links[0].rows.images;
    return (threads + images - 1) / images;
}

/* Finds the heights of all buffers, by a rehearsal; returns their bytes. */
static uint64_t rehearse(chain_work *w, uint32_t shares, uint32_t band) {
    for (uint32_t k = 0; k < w->count; k++)
        w->links[k].height = 0;
    w->links[w->count - 1].height = band;
    for (uint32_t i = 0; i < shares; i++)
        run_share(w, shares, i);
    return buffer_bytes(w);
}

/* The longest chain of up to `count` operators whose buffers are small enough, with the highest bands; its length. */
static uint32_t fit(const nnz_plan *plan, chain_work *w, uint32_t count) {
    for (w->count = count; w->count > 1; w->count--) {
        const nnz_rows *last = &w->links[w->count - 1].rows;
        const uint32_t shares = shares_of(w, plan->config.threads);
        uint32_t band = last->step < BAND_ROWS ? BAND_ROWS : last->step;
        if (last->height / shares < band || rehearse(w, shares, band) > BANDS_BYTES)
            continue;
        while (2 * band <= last->height / shares && rehearse(w, shares, 2 * band) <= BANDS_BYTES)
            band *= 2;
        rehearse(w, shares, band);
        break;
    }
    return w->count;
}

void nnz_find_chains(nnz_plan *plan) {
    const nnz_model *m = plan->model;
    nnz_link *links = nnz_plan_links(plan);
    for (uint32_t i = 0; i < m->op_count; i += links[i].count) {
        chain_work w = {0};
        uint32_t count = 1;
        rows_of(m, i, &w.links[0].rows);
        for (; count < CHAIN_MAX && are_linked(m, i + count - 1); count++)
            rows_of(m, i + count, &w.links[count].rows);
        count = fit(plan, &w, count);
        for (uint32_t k = 0; k < count; k++)
            links[i + k] = (nnz_link){.count = count - k, .rows = w.links[k].height};
    }
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

static void describe(const nnz_plan *plan, uint32_t first, chain_work *w) {
    const nnz_link *links = nnz_plan_links(plan) + first;
    *w = (chain_work){.count = links->count};
    for (uint32_t k = 0; k < w->count; k++) {
        rows_of(plan->model, first + k, &w->links[k].rows);
        w->links[k].height = links[k].rows;
    }
}

uint64_t nnz_chain_bytes(const nnz_plan *plan, uint32_t op) {
    chain_work w;
    describe(plan, op, &w);
    return buffer_bytes(&w);
}

/* An image's planes of a tensor that exists as a whole. */
static nnz_planes whole(const chain_run *run, const nnz_rows *rows, const void *memory, uint32_t tensor, uint32_t image,
                        uint32_t planes) {
    const size_t stride = rows->matrices
                              ? rows->height * rows->bytes
                              : nnz_plane_stride(run->plan->model, tensor, run->plan->config.isa) * sizeof(float);
    return (nnz_planes){(uint8_t *)(uintptr_t)memory + image * (planes * stride), stride};
}

/* Task i: a share of an image's rows. The buffers are the last part of a thread's scratch. */
static void task(void *context, uint32_t i, uint32_t worker) {
    chain_run *run = context;
    const uint32_t image = i / run->shares;
    chain_work w;
    describe(run->plan, run->first, &w);
    w.run = run;
    w.image = image;
    w.worker = worker;
    w.timed = run->clock && !i;

    const nnz_exec *first = &run->execs[0], *last = &run->execs[w.count - 1];
    uint8_t *buffer = (uint8_t *)nnz_exec_scratch(first, worker) + first->scratch_stride - buffer_bytes(&w);
    for (uint32_t k = 0; k + 1 < w.count; k++) {
        chain_link *link = &w.links[k];
        link->planes = (nnz_planes){buffer, plane_stride(link)};
        buffer += link->rows.planes * link->planes.stride;
    }
    const nnz_rows *in = &w.links[0].rows, *out = &w.links[w.count - 1].rows;
    w.x = whole(run, in, nnz_exec_input(first, in->input), first->op->inputs[in->input], image, in->in_planes);
    w.links[w.count - 1].planes = whole(run, out, nnz_exec_output(last, 0), last->op->outputs[0], image, out->planes);
    run_share(&w, run->shares, i % run->shares);
}

/* Divides the time that the chain has taken among its operators, in the proportion of task 0. */
static void add_ticks(const chain_run *run, uint32_t count, uint64_t taken, uint64_t *ticks) {
    uint64_t all = 1;
    for (uint32_t k = 0; k < count; k++)
        all += run->ticks[k];
    for (uint32_t k = 0; k < count; k++)
        ticks[k] += (uint64_t)((double)taken * (double)run->ticks[k] / (double)all);
}

void nnz_chain_run(const nnz_plan *plan, uint32_t op, const nnz_exec *exec, uint64_t (*clock)(void), uint64_t *ticks) {
    chain_run run = {.plan = plan, .first = op, .clock = clock};
    chain_work w;
    describe(plan, op, &w);
    for (uint32_t k = 0; k < w.count; k++) {
        run.execs[k] = *exec;
        nnz_plan_exec(plan, op + k, &run.ops[k], &run.execs[k]);
    }
    run.shares = shares_of(&w, plan->config.threads);
    const uint64_t before = clock ? clock() : 0;
    nnz_exec_parallel(&run.execs[0], task, &run, w.links[0].rows.images * run.shares);
    if (clock)
        add_ticks(&run, w.count, clock() - before, ticks + op);
}
