/*
 * Four rows by up to RB4_VECTORS vectors of pixels: each loaded vector feeds four sums. Loops over sums are marked to
 * be unrolled: gcc does so before it looks for registers, and else moves sums through an array at a walk's ends.
 */
#include "spmm_f32.h"

enum { RB4_ROWS = 4 };

/* Four rows. Those that do not exist stand for the last one that does, and are stored before it. */
typedef struct rb4_rows {
    uint32_t group;
    float bias[RB4_ROWS];
    size_t from[RB4_ROWS], at[RB4_ROWS]; /* where they are in what the sums start from, and in y */
} rb4_rows;

VECTOR_INLINE rb4_rows rb4_rows_of(const nnz_spmm_f32 *a, uint32_t row) {
    rb4_rows rows = {.group = row / RB4_ROWS};
    for (int r = 0; r < RB4_ROWS; r++) {
        const size_t real = spmm_row(row, a->row_end - row, r);
        rows.bias[r] = a->first && a->bias ? a->bias[real] : 0;
        rows.from[r] = real * (a->first ? a->ldr : a->ldy);
        rows.at[r] = real * a->ldy;
    }
    return rows;
}

/* The sums start from the bias and what is at `from`, if anything. The last vector has `tail` lanes, or is `whole`. */
VECTOR_INLINE void rb4_begin(const rb4_rows *rows, const float *from, size_t tail, const int V, const bool whole,
                             vec *acc) {
#pragma GCC unroll 4
    for (int r = 0; r < RB4_ROWS; r++) {
        const vec bias = v_set(rows->bias[r]);
#pragma GCC unroll 4
        for (int v = 0; v < V; v++)
            acc[r * V + v] = bias;
    }
    if (!from)
        return;
#pragma GCC unroll 4
    for (int r = 0; r < RB4_ROWS; r++) {
        const float *x = from + rows->from[r];
#pragma GCC unroll 4
        for (int v = 0; v < V; v++, x += LANES)
            acc[r * V + v] = v_add(acc[r * V + v], whole || v < V - 1 ? v_load(x) : v_load_n(x, tail));
    }
}

VECTOR_INLINE void rb4_end(const nnz_spmm_f32 *a, const rb4_rows *rows, uint32_t pixel, size_t tail, const int V,
                           const bool whole, vec *acc) {
    spmm_clip(a, RB4_ROWS * V, acc);
#pragma GCC unroll 4
    for (int r = RB4_ROWS - 1; r >= 0; r--) {
        float *y = a->y + rows->at[r] + pixel;
#pragma GCC unroll 4
        for (int v = 0; v < V; v++, y += LANES) {
            if (whole || v < V - 1)
                v_store(y, acc[r * V + v]);
            else
                v_store_n(y, acc[r * V + v], tail);
        }
    }
}

#ifdef RB4_TABLE

/* Where the columns of a K-block are, in bytes: x86 multiplies with a unit that its sums need. */
typedef struct rb4_table {
    uint32_t offset[256];
} rb4_table;

VECTOR_INLINE void rb4_fill(const nnz_spmm_f32 *a, rb4_table *table) {
    for (uint32_t k = 0; k < a->kblock; k++)
        table->offset[k] = k * a->ldx * (uint32_t)sizeof(float);
}

VECTOR_INLINE const float *rb4_column(const nnz_spmm_f32 *a, const spmm_columns *x, const rb4_table *table, uint32_t k,
                                      const bool has_offsets) {
    if (has_offsets)
        return spmm_keep(spmm_column(a, x, k, true));
    return (const float *)(const void *)((const uint8_t *)x->x + spmm_keep_offset(table->offset[k]));
}

#else

typedef struct rb4_table {
    bool none;
} rb4_table;

VECTOR_INLINE void rb4_fill(const nnz_spmm_f32 *a, rb4_table *table) {
    (void)a, (void)table;
}

VECTOR_INLINE const float *rb4_column(const nnz_spmm_f32 *a, const spmm_columns *x, const rb4_table *table, uint32_t k,
                                      const bool has_offsets) {
    (void)table;
    return spmm_column(a, x, k, has_offsets);
}

#endif

VECTOR_INLINE void rb4_multiply(const float *x, const float *w, const int V, vec *acc) {
    vec xv[RB4_VECTORS];
#pragma GCC unroll 4
    for (int v = 0; v < V; v++)
        xv[v] = v_load(x + v * LANES);
#pragma GCC unroll 4
    for (int r = 0; r < RB4_ROWS; r++) {
        const vec wr = v_set(w[r]);
#pragma GCC unroll 4
        for (int v = 0; v < V; v++)
            acc[r * V + v] = v_fma(wr, xv[v], acc[r * V + v]);
    }
}

/* Where the blocks of four rows are: in a walk, as they are stored with their columns ldx apart or at offsets. */
typedef enum rb4_layout { RB4_WALK, RB4_APART, RB4_OFFSETS } rb4_layout;

/* Adds the products of a walk. */
VECTOR_INLINE void rb4_walk(const nnz_spmm_f32 *a, uint32_t group, uint32_t pixel, const int V, vec *acc) {
    const uint8_t *x = (const uint8_t *)(a->x + pixel);
    const float *w = a->walk.values + (size_t)a->walk.start[group] * RB4_ROWS;
    const uint32_t *place = a->walk.place + a->walk.start[group], *end = a->walk.place + a->walk.start[group + 1];
    for (; place < end; place++, w += RB4_ROWS)
        rb4_multiply((const float *)(const void *)(x + spmm_keep_offset(*place)), w, V, acc);
}

/* Adds the products of blocks as they are stored, K-block by K-block. */
VECTOR_INLINE void rb4_stored(const nnz_spmm_f32 *a, uint32_t group, const rb4_table *table, uint32_t pixel,
                              const int V, const bool has_offsets, vec *acc) {
    spmm_columns x = spmm_columns_of(a, pixel);
    for (uint32_t kb = a->kblock_begin; kb < a->kblock_end; kb++, spmm_next(a, &x, has_offsets)) {
        const uint32_t at = a->cursor[kb - a->kblock_begin];
        const float *w = a->values + (size_t)at * RB4_ROWS;
        const uint8_t *index = a->index + at, *end = index + a->count[(size_t)kb * a->groups + group];
        for (; index < end; index++, w += RB4_ROWS)
            rb4_multiply(rb4_column(a, &x, table, *index, has_offsets), w, V, acc);
    }
}

VECTOR_INLINE void rb4_group(const nnz_spmm_f32 *a, const rb4_rows *rows, const rb4_table *table, uint32_t pixel,
                             size_t tail, const int V, const bool whole, const rb4_layout layout) {
    const float *from = a->first ? a->residual : a->y;
    vec acc[RB4_ROWS * RB4_VECTORS];
    rb4_begin(rows, from ? from + pixel : NULL, tail, V, whole, acc);
    spmm_prefetch(a, rows->group * RB4_ROWS, pixel, RB4_ROWS, V);
    if (layout == RB4_WALK)
        rb4_walk(a, rows->group, pixel, V, acc);
    else
        rb4_stored(a, rows->group, table, pixel, V, layout == RB4_OFFSETS, acc);
    rb4_end(a, rows, pixel, tail, V, whole, acc);
}

VECTOR_INLINE void rb4_pixels(const nnz_spmm_f32 *a, const rb4_rows *rows, const rb4_table *table, uint32_t pixel,
                              size_t tail, const int V, const rb4_layout layout) {
    if (tail == LANES)
        rb4_group(a, rows, table, pixel, tail, V, true, layout);
    else
        rb4_group(a, rows, table, pixel, tail, V, false, layout);
}

/* How many of `left` vectors to take next: the last ones are shared alike, for a single vector waits for its own sums.
 */
VECTOR_INLINE uint32_t rb4_vectors(uint32_t left) {
    if (left > RB4_VECTORS && left < 2 * RB4_VECTORS)
        return (left + 1) / 2;
    return left < RB4_VECTORS ? left : RB4_VECTORS;
}

VECTOR_INLINE void rb4_all(const nnz_spmm_f32 *a, const rb4_table *table, const rb4_layout layout) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += RB4_ROWS) {
        const rb4_rows rows = rb4_rows_of(a, row);
        for (uint32_t pixel = 0, n; pixel < a->pixels; pixel += n) {
            const uint32_t left = a->pixels - pixel, vectors = rb4_vectors((left + LANES - 1) / LANES);
            n = left < vectors * LANES ? left : vectors * LANES;
            const size_t tail = n - (size_t)(vectors - 1) * LANES;
            switch (vectors) {
            case 1:
                rb4_pixels(a, &rows, table, pixel, tail, 1, layout);
                break;
            case 2:
                rb4_pixels(a, &rows, table, pixel, tail, 2, layout);
                break;
            case 3:
                rb4_pixels(a, &rows, table, pixel, tail, 3, layout);
                break;
#if RB4_VECTORS > 3
            case 4:
                rb4_pixels(a, &rows, table, pixel, tail, 4, layout);
                break;
#endif
            }
        }
        if (layout != RB4_WALK)
            spmm_advance(a, rows.group);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_f32_rb4)(const nnz_spmm_f32 *arguments) {
    const nnz_spmm_f32 a = *arguments; /* nothing that is stored changes it: it stays in registers */
    rb4_table table;
    if (a.walk.start) {
        rb4_all(&a, NULL, RB4_WALK);
    } else if (a.offset) {
        rb4_all(&a, NULL, RB4_OFFSETS);
    } else {
        rb4_fill(&a, &table);
        rb4_all(&a, &table, RB4_APART);
    }
}
