/* matmul_s8 for AVX-VNNI. */
#include "int8.h"

#ifdef NNZ_AVXVNNI
#include "../avx2/transpose_bytes.h"

enum { MATMUL_ROWS = 4, MATMUL_VECTORS = 3 };
#include "../vector/dot_rows.h"

#include "../vector/matmul_s8.h"
#endif
