/* Products of a unit of weights of each of some rows with units of x: a vector holds the units of four rows, and SDOT
 * multiplies by one of its lanes. */
#ifndef NNZ_DOTPROD_DOT_ROWS_H
#define NNZ_DOTPROD_DOT_ROWS_H

#include "int8.h"

#ifdef NNZ_AARCH64

/* Adds the products of `rows` units of weights, a multiple of four, with V vectors of x to the rows' sums. */
VECTOR_INLINE void i_dot_rows(ivec *sums, const int8_t *w, const int rows, const xvec *x, const int V) {
    for (int r = 0; r < rows; r += 4, sums += 4 * V) {
        const int8x16_t units = vld1q_s8(w + 4 * r);
        for (int v = 0; v < V; v++) {
            sums[v] = vdotq_laneq_s32(sums[v], x[v], units, 0);
            sums[V + v] = vdotq_laneq_s32(sums[V + v], x[v], units, 1);
            sums[2 * V + v] = vdotq_laneq_s32(sums[2 * V + v], x[v], units, 2);
            sums[3 * V + v] = vdotq_laneq_s32(sums[3 * V + v], x[v], units, 3);
        }
    }
}

#endif

#endif
