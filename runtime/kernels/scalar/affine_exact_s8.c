#include "exact.h"

void nnz_affine_exact_s8_scalar(const nnz_affine_s8 *a) {
    for (uint32_t c = 0; c < a->channels; c++)
        for (size_t p = 0; p < a->pixels; p++) {
            float v = nnz_sum_at(&a->x, c, p);
            if (a->function == NNZ_ACT_CLIP)
                v = nnz_clip(v, a->act[0], a->act[1]);
            else if (a->function == NNZ_ACT_GELU)
                v = nnz_exact_gelu(v);
            nnz_round_exactly_to(&a->y, c, p, v);
        }
}
