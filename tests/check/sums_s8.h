/* Random sums of int8 planes as real numbers, for the tests of kernels that compute with them. */
#ifndef NNZ_CHECK_SUMS_S8_H
#define NNZ_CHECK_SUMS_S8_H

#include "quantized.h"

/* Where an element of planes of four channels is, and how many bytes such planes take. */
size_t check_planes_at(size_t stride, uint32_t channel, size_t pixel);
size_t check_planes_bytes(size_t stride, uint32_t channels, size_t pixels);

int32_t check_zero_point(void);

/* At times without a bias or a residual. */
nnz_sum_s8 check_sum(uint32_t channels, size_t pixels, float scale, float residual_scale);

/* v[channel][pixel] of docs/FORMAT.md, qaffine, before its function. */
float check_sum_at(const nnz_sum_s8 *a, uint32_t channel, size_t pixel);

/* Time a variant of affine_s8 or layernorm_s8, of the exact form or the other, over 384 channels of 128 pixels. */
void check_affine_bench(check *c, float y_scale);
void check_layernorm_bench(check *c, float y_scale);

#endif
