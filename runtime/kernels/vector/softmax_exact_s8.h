/* softmax_exact_s8 in vectors: a lane is a pixel. */
#include "exact.h"

/* The largest byte of each pixel's channels, in all four bytes. */
VECTOR_INLINE ivec softmax_max(const nnz_softmax_s8 *a, const int8_t *x, size_t n) {
    ivec max = i_set_bytes(-128);
    uint32_t c = 0;
    for (; c + 4 <= a->channels; c += 4)
        max = i_max_bytes(max, i_load_n(x + c / 4 * a->stride, n));
    for (int i = 0; c + (uint32_t)i < a->channels; i++) { /* of the last plane those that are there */
        ivec one = i_set(0);
        for (int byte = 0; byte < 4; byte++)
            one = i_insert_byte(one, i_byte(i_load_n(x + c / 4 * a->stride, n), i), byte);
        max = i_max_bytes(max, one);
    }
    return i_max_of_four(max);
}

/* Sum j of the exponentials of channels j, j + NNZ_EXACT_SUMS, ... */
VECTOR_INLINE vec softmax_sum(const nnz_softmax_s8 *a, uint32_t j) {
    vec sum = v_set(0);
    for (uint32_t c = j; c < a->channels; c += NNZ_EXACT_SUMS)
        sum = v_add(sum, v_load(a->scratch + c * LANES));
    return sum;
}

VECTOR_INLINE vec softmax_total(const nnz_softmax_s8 *a) {
    vec sums[NNZ_EXACT_SUMS / 2];
    for (uint32_t j = 0; j < 8; j++)
        sums[j] = v_add(softmax_sum(a, j), softmax_sum(a, j + 8));
    const vec low = v_add(v_add(sums[0], sums[1]), v_add(sums[2], sums[3]));
    return v_add(low, v_add(v_add(sums[4], sums[5]), v_add(sums[6], sums[7])));
}

/* n pixels, at most LANES. `near`: no difference is below NNZ_EXACT_EXP_MIN. */
VECTOR_INLINE void softmax_pixels(const nnz_softmax_s8 *a, const int8_t *x, int8_t *y, size_t n, const bool near) {
    const vzero zero = v_zero_point(a->zero_x);
    const vec scale_x = v_set(a->scale_x), max = v_mul(scale_x, v_byte(softmax_max(a, x, n), 0, zero));
    const vdivisor scale_y = v_divisor(v_set(a->scale));
    float *e = a->scratch;
    for (uint32_t c = 0; c < a->channels; c += 4) {
        const ivec words = i_load_n(x + c / 4 * a->stride, n);
        for (int i = 0; i < 4; i++) {
            const vec difference = v_sub(v_mul(scale_x, v_byte(words, i, zero)), max);
            const vec bounded = near ? difference : v_max(v_set(NNZ_EXACT_EXP_MIN), difference);
            v_store(e + (c + (uint32_t)i) * LANES, v_exact_exp(bounded, nnz_exact_exp_p));
        }
    }
    const vec factor = v_div(v_set(1), softmax_total(a));
    for (uint32_t c = 0; c < a->channels; c += 4) {
        vec quotients[4];
        for (uint32_t i = 0; i < 4; i++)
            quotients[i] = v_divided(v_mul(v_load(e + (c + i) * LANES), factor), &scale_y, true);
        i_store_n(y + c / 4 * a->stride, i_round_channels(quotients, 1, a->zero, true), n);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(softmax_exact_s8)(const nnz_softmax_s8 *a) {
    enum { BYTES = 256 }; /* the difference of two is less */
    const bool near = BYTES * a->scale_x < -NNZ_EXACT_EXP_MIN;
    for (uint32_t pixel = 0; pixel < a->pixels; pixel += LANES) {
        const size_t n = a->pixels - pixel < LANES ? a->pixels - pixel : LANES;
        const int8_t *x = a->x + 4 * (size_t)pixel;
        int8_t *y = a->y + 4 * (size_t)pixel;
        if (near)
            softmax_pixels(a, x, y, n, true);
        else
            softmax_pixels(a, x, y, n, false);
    }
}
