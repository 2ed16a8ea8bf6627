#include "vector.h"

#ifdef NNZ_X86_64
#define DENSE_ROWS 8
#define DENSE_SIDE 4
#include "../vector/spmm_f32_dense.h"
#endif
