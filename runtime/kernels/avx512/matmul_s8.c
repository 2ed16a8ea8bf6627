/* matmul_s8 for AVX-512. */
#include "int8.h"

#ifdef NNZ_X86_64
#include "../avx2/transpose_bytes.h"

enum { MATMUL_ROWS = 8, MATMUL_VECTORS = 1 };
#include "../vector/dot_rows.h"

#include "../vector/matmul_s8.h"
#endif
