/* resize_f32 in C: the reference for the others. */
#include "../kernels.h"

static void combine_rows(const nnz_resize_f32 *a, uint32_t r, float *z) {
    const int32_t *index = a->row_index + (size_t)r * a->taps;
    const float *weight = a->row_weight + (size_t)r * a->taps;
    for (uint32_t t = 0; t < a->taps; t++) {
        const float *x = a->x + (size_t)index[t] * a->width;
        for (uint32_t j = 0; j < a->width; j++)
            z[j] = t ? z[j] + weight[t] * x[j] : weight[t] * x[j];
    }
}

static void combine_columns(const nnz_resize_f32 *a, const float *z, float *y) {
    const int32_t *index = a->column_index;
    const float *weight = a->column_weight;
    for (uint32_t i = 0; i < a->out_width; i++, index += a->taps, weight += a->taps) {
        float sum = weight[0] * z[index[0]];
        for (uint32_t t = 1; t < a->taps; t++)
            sum += weight[t] * z[index[t]];
        y[i] = sum;
    }
}

void nnz_resize_f32_scalar(const nnz_resize_f32 *a) {
    for (uint32_t r = 0; r < a->rows; r++) {
        combine_rows(a, r, a->z + (size_t)r * a->width);
        combine_columns(a, a->z + (size_t)r * a->width, a->y + (size_t)r * a->out_width);
    }
}
