/* matmul_s8 for NEON. */
#include "int8.h"

#ifdef NNZ_ARM_NEON
enum { MATMUL_ROWS = 4, MATMUL_VECTORS = 1 };
#include "../vector/dot_rows.h"

#include "../vector/matmul_s8.h"
#endif
