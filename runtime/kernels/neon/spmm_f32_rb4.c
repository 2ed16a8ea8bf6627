#include "vector.h"

#ifdef NNZ_ARM_NEON
#ifdef NNZ_AARCH64
#define RB4_VECTORS 4
#else
#define RB4_VECTORS 3
#endif
#include "../vector/spmm_f32_rb4.h"
#endif
