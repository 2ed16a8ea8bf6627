/* spmm_s8_q1x4 and spmm_s8_u1 for NEON with dot products. */
#include "int8.h"

#ifdef NNZ_AARCH64
#define V_MAX 8
#include "add_units.h"

#include "../vector/spmm_s8_blocks.h"
#endif
