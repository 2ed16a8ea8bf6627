#include "vector.h"

#ifdef NNZ_X86_64
#define U1_VECTORS 8
#define U1_PAIRED  4
#include "../vector/spmm_f32_u1.h"
#endif
