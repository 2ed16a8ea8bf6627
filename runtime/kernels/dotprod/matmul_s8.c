/* matmul_s8 for NEON with dot products. */
#include "dot_rows.h"

#ifdef NNZ_AARCH64
enum { MATMUL_ROWS = 8 };
#include "../vector/matmul_s8.h"
#endif
