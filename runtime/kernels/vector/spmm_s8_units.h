/* Blocks of four weights, for an ISA whose products are exact whatever the weights: each block is broadcast. */
#include "spmm_s8.h"

/* Adds n blocks, block i being unit index[i] of a K-block at x and weights w + 4 i, to the sums of V vectors of pixels.
 */
VECTOR_INLINE void s8_add_units(ivec *sums, uint32_t n, const uint8_t *index, const int8_t *w, const uint8_t *x,
                                size_t stride, const int V) {
    x = s8_one_pointer(x); /* its terms are added once */
    for (uint32_t i = 0; i < n; i++) {
        const wvec wi = i_weights(w + 4 * i);
        const uint8_t *xu = s8_one_pointer(x + index[i] * stride);
        for (int v = 0; v < V; v++)
            i_dot(sums + v * PARTS, i_load(xu + v * (PIXELS * CELL)), wi);
    }
}
