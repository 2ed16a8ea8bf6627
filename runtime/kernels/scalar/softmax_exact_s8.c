/* softmax_exact_s8: the exponentials are made again for each pass, no memory holds them. */
#include "exact.h"

static float exponential(const nnz_softmax_s8 *a, uint32_t c, uint32_t p, int max) {
    const float x = a->scale_x * (float)(a->x[nnz_byte_of(a->stride, c, p)] - a->zero_x);
    const float difference = x - a->scale_x * (float)(max - a->zero_x);
    return nnz_exact_exp(difference < NNZ_EXACT_EXP_MIN ? NNZ_EXACT_EXP_MIN : difference, nnz_exact_exp_p);
}

void nnz_softmax_exact_s8_scalar(const nnz_softmax_s8 *a) {
    for (uint32_t p = 0; p < a->pixels; p++) {
        int max = -128;
        for (uint32_t c = 0; c < a->channels; c++)
            max = a->x[nnz_byte_of(a->stride, c, p)] > max ? a->x[nnz_byte_of(a->stride, c, p)] : max;
        float sums[NNZ_EXACT_SUMS] = {0};
        for (uint32_t c = 0; c < a->channels; c++)
            sums[c % NNZ_EXACT_SUMS] += exponential(a, c, p, max);
        for (int i = 0; i < 8; i++)
            sums[i] += sums[i + 8];
        for (int half = 4; half; half /= 2)
            for (int i = 0; i < half; i++)
                sums[i] = sums[2 * i] + sums[2 * i + 1];
        const float factor = 1 / sums[0];
        for (uint32_t c = 0; c < a->channels; c++)
            a->y[nnz_byte_of(a->stride, c, p)] =
                nnz_quantized(exponential(a, c, p, max) * factor / a->scale, 1, a->zero);
    }
}
