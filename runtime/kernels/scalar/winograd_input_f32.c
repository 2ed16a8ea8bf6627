/* winograd_input_f32 in C: the reference for the others. */
#include "../kernels.h"

enum { POINTS = NNZ_WINOGRAD_POINTS };

/* A row of B^T times six inputs, `step` apart. */
static float evaluate(uint32_t point, const float *d, uint32_t step) {
    const float a = (float)NNZ_WINOGRAD_A, b = (float)NNZ_WINOGRAD_B;
    const float d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
    switch (point) {
    case 0:
        return d0 - 2.5f * d2 + d4;
    case 1:
        return (d4 - 2 * d2) + a * (d3 - 2 * d1);
    case 2:
        return (d4 - 2 * d2) - a * (d3 - 2 * d1);
    case 3:
        return (d4 - 0.5f * d2) + b * (d3 - 0.5f * d1);
    case 4:
        return (d4 - 0.5f * d2) - b * (d3 - 0.5f * d1);
    default:
        return d1 - 2.5f * d3 + d5;
    }
}

static float pixel(const nnz_winograd_input_f32 *a, int64_t row, int64_t column) {
    const bool inside = row >= 0 && row < a->height && column >= 0 && column < a->width;
    return inside ? a->x[row * a->width + column] : 0;
}

/* v of a tile whose first pixel is (top, left). */
static void transform(const nnz_winograd_input_f32 *a, int64_t top, int64_t left, float *v) {
    float d[POINTS * POINTS], rows[POINTS * POINTS];
    for (uint32_t k = 0; k < POINTS; k++)
        for (uint32_t l = 0; l < POINTS; l++)
            d[POINTS * k + l] = pixel(a, top + (int64_t)a->stride * k, left + (int64_t)a->stride * l);
    for (uint32_t i = 0; i < POINTS; i++)
        for (uint32_t l = 0; l < POINTS; l++)
            rows[POINTS * i + l] = evaluate(i, d + l, POINTS);
    for (uint32_t i = 0; i < POINTS; i++)
        for (uint32_t j = 0; j < POINTS; j++)
            v[(POINTS * i + j) * a->ldpoint] = evaluate(j, rows + (size_t)POINTS * i, 1);
}

void nnz_winograd_input_f32_scalar(const nnz_winograd_input_f32 *a) {
    const int64_t step = (int64_t)a->stride * a->m;
    for (uint32_t row = 0; row < a->tile_rows; row++)
        for (uint32_t py = 0; py < a->stride; py++)
            for (uint32_t px = 0; px < a->stride; px++)
                for (uint32_t column = 0; column < a->tiles; column++)
                    transform(a, (int64_t)a->top + py + step * row, (int64_t)a->left + px + step * column,
                              a->v + (a->stride * py + px) * a->ldv + (size_t)row * a->tiles + column);
}
