#include "vector.h"

#ifdef NNZ_X86_64
#include "../vector/spmm_f32_u1_pairs.h"
#endif
