/* Operators from bytes to bytes, channel by channel, as a table of 256 bytes for each channel. */
#ifndef NNZ_AFFINE_TABLES_H
#define NNZ_AFFINE_TABLES_H

#include "../kernel_s8.h"

/* Bytes of the tables of so many channels. */
uint64_t nnz_affine_tables_bytes(uint32_t channels);

/* Fills them with what the kernel makes of each byte. `a` has no residual; its tensors and pixels do not matter. */
void nnz_affine_tables_fill(nnz_affine_s8 a, nnz_affine_s8_fn affine, int8_t *tables);

#endif
