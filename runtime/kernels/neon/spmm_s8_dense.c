/* spmm_s8_dense for NEON. */
#include "int8.h"

#ifdef NNZ_ARM_NEON
#define DENSE_ROWS 4
#ifdef NNZ_AARCH64
#define DENSE_VECTORS 2
#else
#define DENSE_VECTORS 1
#endif
#include "../vector/dot_rows.h"

#include "../vector/spmm_s8_dense.h"
#endif
