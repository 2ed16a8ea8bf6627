/* spmm_s8_q1x4 and spmm_s8_u1 for AVX-512 VNNI; blocks of long rows as the plan has sorted them. */
#include "int8.h"

#ifdef NNZ_X86_64
#define V_MAX 13
#include "../vector/spmm_s8_units.h"

#define GROUP_VECTORS V_MAX

/* The results of a row of single units. */
VECTOR_INLINE void s8_walk_row(const nnz_spmm_s8 *a, const nnz_s8_row *row, const int V, ivec *results) {
    ivec sums[(GROUP_VECTORS + 3) / 4 * 4];
    const ivec start = i_set(a->bias[row->row]);
    for (int v = 0; v < (V + 3) / 4 * 4; v++)
        sums[v] = v < V ? start : i_set(0);
    const size_t stride = (size_t)a->ldx * CELL;
    const uint8_t *x = s8_one_pointer(a->x);
    const int8_t *w = a->exact.weights + 4 * (size_t)row->at;
    const uint16_t *unit = a->exact.unit + row->at;
    for (uint32_t n = row->singles; n; n--, w += 4, unit++) {
        const wvec wi = i_weights(w);
        const uint8_t *xu = s8_one_pointer(x + *unit * stride);
        for (int v = 0; v < V; v++)
            i_dot(sums + v, i_load(xu + v * (PIXELS * CELL)), wi);
    }
    i_requantize_all(sums, V, a->multiplier[row->row], a->shift, a->zero);
    for (int v = 0; v < V; v += 4)
        results[v / 4] = i_narrow_four(sums + v);
}

#define SORTED_BLOCKS
#include "../vector/spmm_s8_groups.h"

#include "../vector/spmm_s8_blocks.h"
#endif
