/* Rows of spmm_s8_* of AVX2, whose file has sum_row(). */
#include "int8.h"

#ifdef NNZ_X86_64
#include "../vector/one_pointer.h"
#include "../vector/requantize_s8.h"

enum { WALK = NNZ_UNITS_TILE /* pixels, all of a tile */ };
#define GROUP_VECTORS 8

VECTOR_INLINE ivec add_pairs(ivec sum, ivec pairs) {
    return i_add(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

/* The sums of a row for V vectors of pixels. */
VECTOR_INLINE void sum_row(const nnz_spmm_s8 *a, const nnz_s8_row *row, const uint8_t *x, const int V, ivec *sums);

/* The results of a row; all are the same where it has no weights, and a multiplier of any size, which takes long. */
VECTOR_INLINE void s8_walk_row(const nnz_spmm_s8 *a, const nnz_s8_row *row, const int V, ivec *results) {
    if (!(row->pairs | row->singles | row->wide)) {
        const int64_t y = (int64_t)a->zero + nnz_requantize(a->bias[row->row], a->multiplier[row->row], a->shift);
        for (int v = 0; v < V; v += 4)
            results[v / 4] = _mm256_set1_epi8((int8_t)nnz_clamp(y, INT8_MIN, INT8_MAX));
        return;
    }
    ivec sums[GROUP_VECTORS] = {i_set(0)};
    sum_row(a, row, a->x, V, sums);
    i_requantize_all(sums, V, a->multiplier[row->row], a->shift, a->zero);
    for (int v = 0; v < V; v += 4)
        results[v / 4] = i_narrow_four(sums + v);
}

#include "../vector/spmm_s8_groups.h"

#endif
