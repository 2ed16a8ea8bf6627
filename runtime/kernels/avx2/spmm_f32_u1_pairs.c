#include "vector.h"

#ifdef NNZ_X86_64
/* 14 sums and a weight. */
#define PAIRS_VECTORS 7
#include "../vector/spmm_f32_u1_pairs.h"
#endif
