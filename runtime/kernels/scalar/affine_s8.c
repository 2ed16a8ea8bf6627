#include "real_s8.h"

void nnz_affine_s8_scalar(const nnz_affine_s8 *a) {
    for (uint32_t c = 0; c < a->channels; c++)
        for (size_t p = 0; p < a->pixels; p++) {
            float v = nnz_sum_at(&a->x, c, p);
            if (a->unary)
                a->unary(a->function, a->act, &v, &v, 1);
            nnz_round_to(&a->y, c, p, v);
        }
}
