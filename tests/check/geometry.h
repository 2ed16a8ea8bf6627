/* Random convolutions and pooling windows, walked tap by tap. */
#ifndef NNZ_CHECK_GEOMETRY_H
#define NNZ_CHECK_GEOMETRY_H

#include "check.h"

/* A convolution, and the output pixels [first_pixel, first_pixel + pixels) of it that are a tile. */
typedef struct check_geometry {
    uint32_t channels, height, width, kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    uint32_t out_height, out_width, first_pixel, pixels;
} check_geometry;

/* Of up to `most_pixels` output pixels. */
check_geometry check_geometry_random(uint32_t most_pixels);

/* Where a tap of pixel `pixel` of the tile lies; false where that is padding. */
bool check_locate(const check_geometry *g, uint32_t tap, uint32_t pixel, int64_t *row, int64_t *column);

/* The tables of the tile for the pack kernels, as convolutions make them. */
typedef struct check_tables {
    const int32_t *tap_offset, *offset;
    const uint16_t *mask;
    size_t mask_stride;
    const uint8_t *step;
} check_tables;

check_tables check_tables_of(const check_geometry *g, uint32_t mask_margin);

/* A random axis of pooling, up to `most` long, whose windows all meet the input; false where this draw has none. */
bool check_pool_axis(uint32_t most, uint32_t *in, uint32_t *out, uint32_t *kernel, uint32_t *stride, uint32_t *dilation,
                     uint32_t *before, uint32_t *after);

#endif
