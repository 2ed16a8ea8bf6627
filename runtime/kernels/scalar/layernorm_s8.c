/* layernorm_s8: the reference for the others. The sums are made again for each pass: no memory holds them. */
#include "real_s8.h"

void nnz_layernorm_s8_scalar(const nnz_layernorm_s8 *a) {
    const float n = (float)a->channels;
    for (size_t p = 0; p < a->pixels; p++) {
        float mean = 0, variance = 0;
        for (uint32_t c = 0; c < a->channels; c++)
            mean += nnz_sum_at(&a->x, c, p);
        mean /= n;
        for (uint32_t c = 0; c < a->channels; c++) {
            const float d = nnz_sum_at(&a->x, c, p) - mean;
            variance += d * d;
        }
        const float scale = 1 / sqrtf(variance / n + a->epsilon);
        for (uint32_t c = 0; c < a->channels; c++) {
            const float gamma = a->gamma ? a->gamma[c] : 1, beta = a->beta ? a->beta[c] : 0;
            nnz_round_to(&a->y, c, p, (nnz_sum_at(&a->x, c, p) - mean) * scale * gamma + beta);
        }
    }
}
