/* layernorm_exact_s8: mean and variance by Welford's recurrence, one channel after the other. */
#include "exact.h"

void nnz_layernorm_exact_s8_scalar(const nnz_layernorm_s8 *a) {
    for (size_t p = 0; p < a->pixels; p++) {
        float mean = 0, squares = 0;
        for (uint32_t c = 0; c < a->channels; c++) {
            const float v = nnz_sum_at(&a->x, c, p), d = v - mean;
            mean += d / (float)(c + 1);
            squares += d * (v - mean);
        }
        const float deviation = sqrtf(squares / (float)a->channels + a->epsilon);
        for (uint32_t c = 0; c < a->channels; c++) {
            const float gamma = a->gamma ? a->gamma[c] : 1, beta = a->beta ? a->beta[c] : 0;
            nnz_round_exactly_to(&a->y, c, p, (nnz_sum_at(&a->x, c, p) - mean) / deviation * gamma + beta);
        }
    }
}
