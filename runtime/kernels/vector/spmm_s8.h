/*
 * int8 products over a tile. An ISA's int8.h gives PIXELS (lanes of a vector of sums), PARTS (vectors that make one
 * such vector of sums), CELL (bytes of a unit and pixel of the tile), and i_dot(), which adds the products of a unit of
 * x for PIXELS pixels (xvec) and a unit of weights (wvec) to PARTS sums.
 */
#ifndef NNZ_VECTOR_SPMM_S8_H
#define NNZ_VECTOR_SPMM_S8_H

#include "one_pointer.h"
#include "requantize_s8.h"

enum { WIDEST_S8 = 13 }; /* vectors of pixels at a time, at most */

/* What the sums of a row begin with: the bias, where a single vector holds them. */
VECTOR_INLINE void s8_begin(const nnz_spmm_s8 *a, uint32_t row, const int V, ivec *sums) {
    const ivec start = i_set(PARTS == 1 && row < a->row_end ? a->bias[row] : 0);
    for (int i = 0; i < V * PARTS; i++)
        sums[i] = start;
}

/* The results of a row for V vectors of pixels, not clamped yet, from their sums. They become so in an array of their
 * own, which stays in registers: `results` may not. */
VECTOR_INLINE void s8_finish(const nnz_spmm_s8 *a, uint32_t row, const int V, const ivec *sums, ivec *results) {
    const ivec bias = i_set(PARTS == 1 ? 0 : a->bias[row]);
    ivec own[WIDEST_S8];
    for (int v = 0; v < V; v++)
        own[v] = PARTS == 1 ? sums[v] : i_add(bias, i_join(sums + v * PARTS));
    i_requantize_all(own, V, a->multiplier[row], a->shift, a->zero);
    for (int v = 0; v < V; v++)
        results[v] = own[v];
}

/* Stores four channels of V vectors of pixels, of which i_narrow_pair() has made pairs. */
VECTOR_INLINE void s8_store(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int V,
                            const ivec *low, const ivec *high) {
    int8_t *y = a->y + row / 4 * a->ldy + (size_t)pixel * 4;
    const int32_t lo = a->lo, hi = a->hi; /* stores of bytes may alias `a` */
    for (int v = 0; v < V; v++) {
        const uint32_t left = pixels - (uint32_t)v * PIXELS;
        const ivec words = i_clamp_bytes(i_narrow_channels(low[v], high[v]), lo, hi);
        i_store_n(y + v * PIXELS * 4, words, left < PIXELS ? left : PIXELS);
    }
}

#endif
