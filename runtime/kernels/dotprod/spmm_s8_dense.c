/* spmm_s8_dense for NEON with dot products. */
#include "dot_rows.h"

#ifdef NNZ_AARCH64
#define DENSE_ROWS    8
#define DENSE_VECTORS 2
#include "../vector/spmm_s8_dense.h"
#endif
