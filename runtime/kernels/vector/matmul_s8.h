/*
 * matmul_s8 in vectors: MATMUL_ROWS rows by MATMUL_VECTORS vectors of pixels, by the i_dot_rows() of the ISA. With
 * x = b + offset as the ISA's multiplications see it,
 *
 *   sum of (a - zero_a) (b - zero_b) = sum of a x - (zero_b + offset) sum of a - zero_a sum of x + a constant
 *
 * of which the second term is the row's and the third, with the constant, the pixel's.
 */
#include "matmul_s8_panels.h"
#include "requantize_s8.h"

/* V vectors of pixels of B, unit by unit, as products take them, and the terms of these pixels. */
typedef struct pixels {
    xvec *x; /* [units][V] */
    ivec terms[MATMUL_VECTORS];
    uint32_t first, last; /* pixels in the last vector */
} pixels;

VECTOR_INLINE void load_pixels(const nnz_matmul_s8 *a, pixels *p, const int V) {
    const ivec constant = i_set((int32_t)((uint32_t)a->depth * (uint32_t)(a->zero_a * (a->zero_b + S8_OFFSET))));
    const int8_t *b = a->b + 4 * (size_t)p->first;
    ivec sums[MATMUL_VECTORS * PARTS];
    for (int i = 0; i < V * PARTS; i++)
        sums[i] = i_set(0);
    for (uint32_t k = 0; k < a->depth; k += 4, b += a->ldb) {
        const int8_t ones[4] = {1, k + 1 < a->depth, k + 2 < a->depth, k + 3 < a->depth};
        for (int v = 0; v < V; v++) {
            const xvec x = i_load_planes(b + v * (PIXELS * 4), v == V - 1 ? p->last : PIXELS);
            p->x[k / 4 * (uint32_t)V + (uint32_t)v] = x;
            if (a->zero_a)
                i_dot(sums + v * PARTS, x, i_weights(ones));
        }
    }
    for (int v = 0; v < V; v++)
        p->terms[v] = i_add(constant, i_mul(i_set(-a->zero_a), i_join(sums + v * PARTS)));
}

/* The results of four rows from their sums; sum i is of row i / V and vector i mod V. */
VECTOR_INLINE void store_rows(const nnz_matmul_s8 *a, uint32_t row, const pixels *p, const int V, const ivec *sums) {
    ivec results[4 * MATMUL_VECTORS];
    for (int i = 0; i < 4 * V; i++)
        results[i] = sums[i];
    i_requantize_all(results, 4 * V, a->multiplier, a->shift, a->zero);
    int8_t *y = a->y + row / 4 * a->ldy + 4 * (size_t)p->first;
    for (int v = 0; v < V; v++) {
        const ivec words = i_narrow_channels(i_narrow_pair(results[v], results[V + v]),
                                             i_narrow_pair(results[2 * V + v], results[3 * V + v]));
        i_store_n(y + v * PIXELS * 4, i_clamp_bytes(words, a->lo, a->hi), v == V - 1 ? p->last : PIXELS);
    }
}

/* What sum i of multiply_rows() has besides its products. */
VECTOR_INLINE ivec terms_of(const int32_t *row_terms, const pixels *p, const int V, int i) {
    return i_add(p->terms[i % V], i_set(-row_terms[i / V]));
}

/* The rows from `row` on, which are in the panel from `panel` on, at V vectors of pixels. Sums begin with their terms
 * where a single vector holds them. */
VECTOR_INLINE void multiply_rows(const nnz_matmul_s8 *a, uint32_t row, const int8_t *panel, const int32_t *row_terms,
                                 const pixels *p, const int V) {
    ivec sums[MATMUL_ROWS * MATMUL_VECTORS * PARTS];
    for (int i = 0; i < MATMUL_ROWS * V; i++)
        for (int part = 0; part < PARTS; part++)
            sums[i * PARTS + part] = PARTS == 1 ? terms_of(row_terms, p, V, i) : i_set(0);
    const xvec *x = p->x;
    for (uint32_t k = 0; k < a->depth; k += 4, panel += PANEL_UNIT, x += V)
        i_dot_rows(sums, panel, MATMUL_ROWS, x, V);
    ivec joined[MATMUL_ROWS * MATMUL_VECTORS];
    for (int i = 0; i < MATMUL_ROWS * V; i++)
        joined[i] = PARTS == 1 ? sums[i] : i_add(i_join(sums + i * PARTS), terms_of(row_terms, p, V, i));
    for (int r = 0; r < MATMUL_ROWS && row + (uint32_t)r < a->rows; r += 4)
        store_rows(a, row + (uint32_t)r, p, V, joined + r * V);
}

/* All rows, at V vectors of pixels from `first` on. */
VECTOR_INLINE void multiply_pixels(const nnz_matmul_s8 *a, const int32_t *row_terms, int8_t *scratch, uint32_t first,
                                   const int V) {
    const uint32_t left = a->pixels - first - (uint32_t)(V - 1) * PIXELS;
    pixels p = {.x = (xvec *)(void *)scratch, .first = first, .last = left < PIXELS ? left : PIXELS};
    load_pixels(a, &p, V);
    const size_t panel_bytes = (size_t)(a->depth + 3) / 4 * PANEL_UNIT;
    for (uint32_t row = 0; row < a->rows; row += MATMUL_ROWS)
        multiply_rows(a, row, a->scratch + row / 8 * panel_bytes + row % 8 * 4, row_terms + row, &p, V);
}

VECTOR_FUNCTION void VECTOR_NAME(matmul_s8)(const nnz_matmul_s8 *a) {
    int32_t row_terms[NNZ_MATMUL_ROWS];
    int8_t *scratch = panels_fill(a, row_terms);
    uint32_t pixel = 0;
    for (; pixel + (MATMUL_VECTORS - 1) * PIXELS < a->pixels; pixel += MATMUL_VECTORS * PIXELS)
        multiply_pixels(a, row_terms, scratch, pixel, MATMUL_VECTORS);
    for (; pixel < a->pixels; pixel += PIXELS)
        multiply_pixels(a, row_terms, scratch, pixel, 1);
}
