#include "vector.h"

#ifdef NNZ_X86_64
#define NNZ_TILE_VECTORS 6
#include "../vector/spmm_f32_u1.h"
#endif
