/* pack_s8 for Helium: pixel after pixel, the columns of each one behind the other. */
#include "../pack_s8.h"
#include "helium.h"

#include <string.h>

#ifdef NNZ_CORTEX_M_HELIUM

/* A tap of a pixel through all planes of four channels: words `stride` apart go to words `taps` apart. */
static void pack_words(const nnz_pack_s8 *a, const int8_t *x, uint32_t stride, int32_t *y) {
    const uint32x4_t from = helium_steps(stride), to = helium_steps(a->taps);
    const uint32_t planes = a->units / a->taps;
    for (uint32_t plane = 0; plane < planes; plane += 4, x += 16 * stride, y += 4 * a->taps) {
        const mve_pred16_t p = vctp32q(planes - plane);
        vstrwq_scatter_shifted_offset_p_s32(y, to, vreinterpretq_s32_s8(helium_gather_words_z(x, from, p)), p);
    }
}

static void pack_planes4(const nnz_pack_s8 *a, nnz_corner corner, int8_t *y) {
    int8_t zero[4];
    memset(zero, a->zero, sizeof zero);
    for (uint32_t tap = 0, ky = 0; tap < a->taps; ky++)
        for (uint32_t kx = 0; kx < a->kernel_w; kx++, tap++) {
            const int32_t at = nnz_pack_s8_at(a, corner, ky, kx);
            pack_words(a, at < 0 ? zero : a->x + 4 * at, at < 0 ? 0 : (uint32_t)a->channel_stride / 4,
                       (int32_t *)y + tap);
        }
}

static void pack_columns(const nnz_pack_s8 *a, nnz_corner corner, int8_t *y) {
    const uint32_t kernel_h = a->taps / a->kernel_w;
    int8_t *const end = y + 4 * a->units, *const columns = y + a->cols;
    for (const int8_t *plane = a->x; y < columns; plane += a->channel_stride)
        for (uint32_t ky = 0; ky < kernel_h; ky++)
            for (uint32_t kx = 0; kx < a->kernel_w; kx++) {
                const int32_t at = nnz_pack_s8_at(a, corner, ky, kx);
                *y++ = at < 0 ? a->zero : plane[at];
            }
    while (y < end)
        *y++ = 0;
}

void nnz_pack_s8_helium(const nnz_pack_s8 *a) {
    int8_t *y = (int8_t *)a->y;
    for (uint32_t p = 0; p < a->pixels; p++, y += 4 * a->units) {
        const nnz_corner corner = nnz_pack_s8_corner(a, p);
        if (a->planes4)
            pack_planes4(a, corner, y);
        else
            pack_columns(a, corner, y);
    }
}

#endif
