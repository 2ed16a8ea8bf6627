#include "vector.h"

#ifdef NNZ_X86_64
#define RB4_VECTORS 3
#define RB4_TABLE
#include "../vector/spmm_f32_rb4.h"
#endif
