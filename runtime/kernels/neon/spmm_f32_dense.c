#include "vector.h"

#ifdef NNZ_ARM_NEON
/* 12 sums; of eight rows GCC does not keep all of the sums in registers. */
#define DENSE_ROWS 4
#define DENSE_SIDE 0
#include "../vector/spmm_f32_dense.h"
#endif
