#include "vector.h"

#ifdef NNZ_X86_64
#define U1_VECTORS 8
#include "../vector/spmm_f32_u1.h"
#endif
