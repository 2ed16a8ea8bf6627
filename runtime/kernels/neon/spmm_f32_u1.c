#include "vector.h"

#ifdef NNZ_ARM_NEON
#define U1_VECTORS 12
#include "../vector/spmm_f32_u1.h"
#endif
