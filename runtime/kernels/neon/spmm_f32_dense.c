#include "vector.h"

#ifdef NNZ_ARM_NEON
#ifdef NNZ_AARCH64
#define DENSE_ROWS 8
#else
#define DENSE_ROWS 4
#endif
#define DENSE_SIDE 0
#include "../vector/spmm_f32_dense.h"
#endif
