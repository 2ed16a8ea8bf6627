#include "vector.h"

#ifdef NNZ_X86_64
/* 16 sums, 4 vectors of x, a weight; with 5 the compiler spills. */
#define RB4_VECTORS 4
#define RB4_TABLE
#include "../vector/spmm_f32_rb4.h"
#endif
