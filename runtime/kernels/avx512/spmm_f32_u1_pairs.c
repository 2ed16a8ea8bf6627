#include "vector.h"

#ifdef NNZ_X86_64
#define PAIRS_VECTORS 5
#include "../vector/spmm_f32_u1_pairs.h"
#endif
