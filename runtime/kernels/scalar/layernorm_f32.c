/* layernorm_f32: the reference for the others. The mean is subtracted before the squares are summed. */
#include "../kernels.h"

#include <math.h>

void nnz_layernorm_f32_scalar(const nnz_layernorm_f32 *a) {
    for (size_t j = 0; j < a->count; j++) {
        const float *x = a->x + j;
        float mean = 0, variance = 0;
        for (size_t i = 0; i < a->n; i++)
            mean += x[i * a->stride];
        mean /= (float)a->n;
        for (size_t i = 0; i < a->n; i++)
            variance += (x[i * a->stride] - mean) * (x[i * a->stride] - mean);
        variance /= (float)a->n;
        const float scale = 1 / sqrtf(variance + a->epsilon);
        for (size_t i = 0; i < a->n; i++) {
            const float gamma = a->gamma ? a->gamma[i] : 1, beta = a->beta ? a->beta[i] : 0;
            a->y[i * a->stride + j] = (x[i * a->stride] - mean) * scale * gamma + beta;
        }
    }
}
