/* What the spmm_f32 kernels share: R rows by V vectors of sums, `acc[r V + v]`; the last vector may have idle lanes. */
#ifndef NNZ_VECTOR_SPMM_F32_H
#define NNZ_VECTOR_SPMM_F32_H

#include <math.h>

/* Lanes of the last of V vectors that hold pixels: LANES unless the tile ends there. */
VECTOR_INLINE size_t spmm_tail(uint32_t pixels, const int V) {
    return pixels - (size_t)(V - 1) * LANES;
}

/* Row r of the group, or its last: the sums of rows that do not exist are computed from real ones, and not stored. */
VECTOR_INLINE size_t spmm_row(uint32_t row, uint32_t rows, int r) {
    return row + ((uint32_t)r < rows ? (size_t)r : rows - 1);
}

/* The sums start from bias and residual, or from y. Only `rows` of the R rows exist. */
VECTOR_INLINE void spmm_begin(const nnz_spmm_f32 *a, uint32_t row, uint32_t rows, uint32_t pixel, size_t tail,
                              const int R, const int V, vec *acc) {
    const bool has_bias = a->first && a->bias;
    for (int r = 0; r < R; r++) {
        vec bias = v_set(has_bias ? a->bias[spmm_row(row, rows, r)] : 0);
        for (int v = 0; v < V; v++)
            acc[r * V + v] = bias;
    }
    const float *from = a->first ? a->residual : a->y;
    const size_t ld = a->first ? a->ldr : a->ldy;
    if (!from)
        return;
    for (int r = 0; r < R; r++) {
        const float *x = from + spmm_row(row, rows, r) * ld + pixel;
        for (int v = 0; v < V - 1; v++)
            acc[r * V + v] = v_add(acc[r * V + v], v_load(x + v * LANES));
        acc[r * V + V - 1] = v_add(acc[r * V + V - 1], v_load_n(x + (V - 1) * LANES, tail));
    }
}

/* Clips n sums if they are complete. */
VECTOR_INLINE void spmm_clip(const nnz_spmm_f32 *a, const int n, vec *acc) {
    if (a->last && a->lo > -INFINITY) {
        const vec lo = v_set(a->lo);
#pragma GCC unroll 32
        for (int i = 0; i < n; i++)
            acc[i] = v_max(lo, acc[i]);
    }
    if (a->last && a->hi < INFINITY) {
        const vec hi = v_set(a->hi);
#pragma GCC unroll 32
        for (int i = 0; i < n; i++)
            acc[i] = v_min(hi, acc[i]);
    }
}

/* y = acc, clipped if the sums are complete. */
VECTOR_INLINE void spmm_end(const nnz_spmm_f32 *a, uint32_t row, uint32_t rows, uint32_t pixel, size_t tail,
                            const int R, const int V, vec *acc) {
    spmm_clip(a, R * V, acc);
    for (int r = 0; r < R; r++) {
        if ((uint32_t)r >= rows)
            break;
        float *y = a->y + (row + (size_t)r) * a->ldy + pixel;
        for (int v = 0; v < V - 1; v++)
            v_store(y + v * LANES, acc[r * V + v]);
        v_store_n(y + (V - 1) * LANES, acc[r * V + V - 1], tail);
    }
}

/* Prefetches the residual of rows further on: they lie planes apart, where the CPU does not prefetch by itself. */
VECTOR_INLINE void spmm_prefetch(const nnz_spmm_f32 *a, uint32_t row, uint32_t pixel, const int R, const int V) {
    enum { AHEAD = 16, FLOATS_OF_LINE = 16 };
    if (!a->first || !a->residual || row + AHEAD + R > a->row_end)
        return;
    for (int r = 0; r < R; r++)
        for (int i = 0; i < V * (int)LANES; i += FLOATS_OF_LINE)
            __builtin_prefetch(a->residual + (row + AHEAD + (size_t)r) * a->ldr + pixel + i);
}

/* The pixels of the columns of a K-block: column k at x + k ldx, or at x + offset[k]. */
typedef struct spmm_columns {
    const float *x;
    const uint32_t *offset;
} spmm_columns;

VECTOR_INLINE spmm_columns spmm_columns_of(const nnz_spmm_f32 *a, uint32_t pixel) {
    return (spmm_columns){a->x + pixel, a->offset};
}

VECTOR_INLINE const float *spmm_column(const nnz_spmm_f32 *a, const spmm_columns *columns, uint32_t k,
                                       const bool has_offsets) {
    return columns->x + (has_offsets ? columns->offset[k] : (size_t)k * a->ldx);
}

/* A pointer as one register: x86 splits a multiply-add whose operand in memory has a base and an index. */
VECTOR_INLINE const float *spmm_keep(const float *x) {
    __asm__("" : "+r"(x));
    return x;
}

/* An offset likewise, so that each load adds it by itself. */
VECTOR_INLINE size_t spmm_keep_offset(size_t offset) {
    __asm__("" : "+r"(offset));
    return offset;
}

/* Goes on to the next K-block. */
VECTOR_INLINE void spmm_next(const nnz_spmm_f32 *a, spmm_columns *columns, const bool has_offsets) {
    if (has_offsets)
        columns->offset += a->kblock;
    else
        columns->x += (size_t)a->kblock * a->ldx;
}

/* Moves the cursors behind a group of rows. */
VECTOR_INLINE void spmm_advance(const nnz_spmm_f32 *a, uint32_t group) {
    for (uint32_t kb = a->kblock_begin; kb < a->kblock_end; kb++)
        a->cursor[kb - a->kblock_begin] += a->count[(size_t)kb * a->groups + group];
}

#endif
