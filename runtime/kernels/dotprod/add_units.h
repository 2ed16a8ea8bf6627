/* Blocks of four weights, for an ISA with dot products: a vector holds four blocks, and SDOT multiplies by one of its
 * lanes. */
#include "../vector/spmm_s8.h"

/* Adds n blocks, block i being unit index[i] of a K-block at x and weights w + 4 i, to the sums of V vectors of pixels.
 */
VECTOR_INLINE void s8_add_units(ivec *sums, uint32_t n, const uint8_t *index, const int8_t *w, const uint8_t *x,
                                size_t stride, const int V) {
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const int8x16_t units = vld1q_s8(w + 4 * i);
        const uint8_t *x0 = s8_one_pointer(x + index[i] * stride), *x1 = s8_one_pointer(x + index[i + 1] * stride);
        const uint8_t *x2 = s8_one_pointer(x + index[i + 2] * stride), *x3 = s8_one_pointer(x + index[i + 3] * stride);
        for (int v = 0; v < V; v++)
            sums[v] = vdotq_laneq_s32(sums[v], i_load(x0 + v * (PIXELS * CELL)), units, 0);
        for (int v = 0; v < V; v++)
            sums[v] = vdotq_laneq_s32(sums[v], i_load(x1 + v * (PIXELS * CELL)), units, 1);
        for (int v = 0; v < V; v++)
            sums[v] = vdotq_laneq_s32(sums[v], i_load(x2 + v * (PIXELS * CELL)), units, 2);
        for (int v = 0; v < V; v++)
            sums[v] = vdotq_laneq_s32(sums[v], i_load(x3 + v * (PIXELS * CELL)), units, 3);
    }
    for (; i < n; i++) {
        const wvec unit = i_weights(w + 4 * i);
        const uint8_t *xu = s8_one_pointer(x + index[i] * stride);
        for (int v = 0; v < V; v++)
            i_dot(sums + v, i_load(xu + v * (PIXELS * CELL)), unit);
    }
}
