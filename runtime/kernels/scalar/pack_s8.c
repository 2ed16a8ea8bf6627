/* pack_s8 in C: four bytes a unit and pixel. */
#include "../pack_s8.h"

/* A pixel's elements, column after column: the four of a unit stand together, units `stride` bytes apart. */
static void pack_pixel(const nnz_pack_s8 *a, nnz_corner corner, uint8_t *y) {
    const uint32_t group = a->planes4 ? 4 : 1, kernel_h = a->taps / a->kernel_w;
    const size_t stride = (size_t)a->ldy * NNZ_S8_CELL_SCALAR;
    uint32_t k = 0;
    for (const int8_t *x = a->x; k < a->cols; x += a->channel_stride)
        for (uint32_t ky = 0; ky < kernel_h; ky++)
            for (uint32_t kx = 0; kx < a->kernel_w; kx++) {
                const int32_t at = nnz_pack_s8_at(a, corner, ky, kx);
                for (uint32_t i = 0; i < group; i++, k++)
                    y[k / 4 * stride + k % 4] = (uint8_t)(at < 0 ? a->zero : x[(uint32_t)at * group + i]);
            }
    for (; k % 4; k++)
        y[k / 4 * stride + k % 4] = 0;
}

void nnz_pack_s8_scalar(const nnz_pack_s8 *a) {
    for (uint32_t p = 0; p < a->pixels; p++)
        pack_pixel(a, nnz_pack_s8_corner(a, p), a->y + p * NNZ_S8_CELL_SCALAR);
}
