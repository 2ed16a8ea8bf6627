#include "../kernels.h"

/* Row i of the pairs, `together` of whose weights alternate with those of the other one. Each sum runs over the columns
 * in their order, as in spmm_f32_u1. */
static void multiply_row(const nnz_spmm_f32 *a, uint32_t i, uint32_t together, const float *w, const uint16_t *column) {
    const size_t row = a->pairs.row[i];
    float *y = a->y + row * a->ldy, *sums = a->sums ? a->sums + row * a->ldsums : y, *to = a->last ? y : sums;
    for (uint32_t p = 0; p < a->pixels; p++)
        to[p] = a->first ? (a->bias ? a->bias[row] : 0) + (a->residual ? a->residual[row * a->ldr + p] : 0) : sums[p];
    for (uint32_t k = 0; k < a->pairs.count[i]; k++) {
        const uint32_t at = k < together ? 2 * k : together + k;
        for (uint32_t p = 0; p < a->pixels; p++)
            to[p] += w[at] * a->x[column[at] * (size_t)a->pairs.unit + p];
    }
    for (uint32_t p = 0; p < a->pixels && a->last; p++)
        to[p] = nnz_clip(to[p], a->lo, a->hi);
}

void nnz_spmm_f32_u1_pairs_scalar(const nnz_spmm_f32 *a) {
    const float *w = a->pairs.values;
    const uint16_t *column = a->pairs.column;
    for (uint32_t i = 0; i < a->pairs.rows; i += 2) {
        const uint32_t together = i + 1 < a->pairs.rows ? a->pairs.count[i + 1] : 0;
        multiply_row(a, i, together, w, column);
        if (i + 1 < a->pairs.rows)
            multiply_row(a, i + 1, together, w + 1, column + 1);
        w += a->pairs.count[i] + together;
        column += a->pairs.count[i] + together;
    }
}
