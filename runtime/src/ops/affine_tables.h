/* Operators from bytes to bytes, channel by channel, by what their kernel makes of each byte. `a` has no residual; its
 * tensors and pixels do not matter. */
#ifndef NNZ_AFFINE_TABLES_H
#define NNZ_AFFINE_TABLES_H

#include "../kernel_s8.h"

/* A table of 256 bytes for each channel, those that the last plane lacks included. */
uint64_t nnz_affine_tables_bytes(uint32_t channels);
void nnz_affine_tables_fill(nnz_affine_s8 a, nnz_affine_s8_fn affine, int8_t *tables);

/* The same as steps, for each plane. Returns the most that a channel has, or more than NNZ_STEPS_MAX where they do not
 * do. */
uint32_t nnz_affine_steps_fill(nnz_affine_s8 a, nnz_affine_s8_fn affine, nnz_plane_steps *planes);

#endif
