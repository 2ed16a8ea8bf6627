/* spmm_s8_q1x4 and spmm_s8_u1 for NEON. */
#include "int8.h"

#ifdef NNZ_ARM_NEON
#ifdef NNZ_AARCH64
#define V_MAX 8
#else
#define V_MAX 4
#endif
#include "../vector/spmm_s8_units.h"

#include "../vector/spmm_s8_blocks.h"
#endif
