/* matmul_s8 for NEON with dot products. */
#include "dot_rows.h"

#ifdef NNZ_AARCH64
enum { MATMUL_ROWS = 8, MATMUL_VECTORS = 1 };
#include "../vector/matmul_s8.h"
#endif
