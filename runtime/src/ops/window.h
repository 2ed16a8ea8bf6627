/* The geometry that conv, depthwise and pool share: a feature map and a window that slides over it. */
#ifndef NNZ_WINDOW_H
#define NNZ_WINDOW_H

#include "../op.h"

/* A tensor of rank 2 to 4 seen as [N, C, H, W]; missing axes are 1 (a rank 3 tensor is [N, C, 1, W]). */
typedef struct nnz_map {
    uint32_t n, c, h, w;
} nnz_map;

typedef struct nnz_window {
    uint32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    uint32_t pad_top, pad_left, pad_bottom, pad_right;
} nnz_window;

/* The pixels of a padded plane are fewer: offsets into one, in bytes of float, fit in 31 bits. */
enum { NNZ_PADDED_PIXELS_END = 1 << 28 };

/* False where the rank is not 2 to 4. */
bool nnz_map_of(const nnz_tensor_record *tensor, nnz_map *map);

/* The ten params KH, KW, SH, SW, DH, DW, PT, PL, PB, PR. False where one is out of range (kernels, strides and
 * dilations 1 to 65535, pads up to 65535). */
bool nnz_window_of(const uint32_t *params, nnz_window *window);

/* Input 0, output 0 and the window of a convolution, whose ten params begin at `params`. False where the ranks differ
 * or are not 2 to 4, or a param is out of range. */
bool nnz_window_shape(const nnz_op *op, const uint32_t *params, nnz_map *in, nnz_map *out, nnz_window *window);

/* Whether each pixel of x is the window of one pixel of y, in the same place. */
static inline bool nnz_window_is_pointwise(const nnz_window *w) {
    return w->kernel_h == 1 && w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1 &&
           !(w->pad_top | w->pad_left | w->pad_bottom | w->pad_right);
}

/* Outputs along an axis; 0 where the window does not fit. */
uint32_t nnz_window_outputs(uint32_t size, uint32_t kernel, uint32_t stride, uint32_t dilation, uint32_t pad_before,
                            uint32_t pad_after);

/* x, window and y of a convolution fit, but for their channels; says what does not. */
nnz_status nnz_window_check(const nnz_op *op, const nnz_window *window, const nnz_map *in, const nnz_map *out,
                            nnz_error *error);

/* The planes of an image of a float32 tensor, `stride` elements apart. */
static inline nnz_planes nnz_planes_of(const void *tensor, const nnz_map *map, size_t stride, uint32_t image) {
    const size_t bytes = stride * sizeof(float);
    return (nnz_planes){(uint8_t *)(uintptr_t)tensor + image * map->c * bytes, bytes};
}

/* Bands of a convolution's rows, of float32; false where it has no rows. */
bool nnz_window_rows(const nnz_map *in, const nnz_map *out, const nnz_window *window, nnz_rows *rows);

#endif
