/* winograd_output_f32 in C: the reference for the others. */
#include "../kernels.h"

enum { POINTS = NNZ_WINOGRAD_POINTS };

/* A row of A^T times six products, `step` apart: the point infinity adds to the last output alone. */
static float interpolate(uint32_t output, uint32_t m, const float *p, size_t step) {
    const float a = (float)NNZ_WINOGRAD_A, b = (float)NNZ_WINOGRAD_B;
    const float sum_a = p[step] + p[2 * step], sum_b = p[3 * step] + p[4 * step];
    const float difference_a = p[step] - p[2 * step], difference_b = p[3 * step] - p[4 * step];
    const float last = output + 1 == m ? p[5 * step] : 0;
    switch (output) {
    case 0:
        return p[0] + sum_a + sum_b;
    case 1:
        return a * difference_a + b * difference_b;
    case 2:
        return 0.5f * sum_a + 2 * sum_b + last;
    default:
        return 0.5f * a * difference_a + 2 * b * difference_b + last;
    }
}

static void finish(const nnz_winograd_output_f32 *a, uint32_t r, size_t at, float sum) {
    sum += (a->bias ? a->bias[r] : 0) + (a->residual ? a->residual[r * a->ldr + at] : 0);
    a->y[r * a->ldy + at] = nnz_clip(sum, a->lo, a->hi);
}

/* The outputs of the tile at (row, column) of row r of the weights. */
static void transform(const nnz_winograd_output_f32 *a, uint32_t r, uint32_t row, uint32_t column) {
    const float *p = a->products + r * a->ldproducts + (size_t)row * a->tiles + column;
    float rows[NNZ_WINOGRAD_M_MAX * POINTS];
    for (uint32_t i = 0; i < a->m; i++)
        for (uint32_t l = 0; l < POINTS; l++)
            rows[POINTS * i + l] = interpolate(i, a->m, p + l * a->ldpoint, POINTS * a->ldpoint);
    for (uint32_t i = 0; i < a->m; i++)
        for (uint32_t j = 0; j < a->m; j++) {
            const size_t y = (size_t)a->m * row + i, x = (size_t)a->m * column + j;
            if (y < a->height && x < a->width)
                finish(a, r, y * a->width + x, interpolate(j, a->m, rows + (size_t)POINTS * i, 1));
        }
}

void nnz_winograd_output_f32_scalar(const nnz_winograd_output_f32 *a) {
    for (uint32_t r = 0; r < a->rows; r++)
        for (uint32_t row = 0; row < a->tile_rows; row++)
            for (uint32_t column = 0; column < a->tiles; column++)
                transform(a, r, row, column);
}
