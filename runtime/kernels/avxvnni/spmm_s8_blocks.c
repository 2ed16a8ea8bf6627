/* spmm_s8_q1x4 and spmm_s8_u1 for AVX-VNNI. */
#include "int8.h"

#ifdef NNZ_AVXVNNI
#define V_MAX 13
#include "../vector/spmm_s8_units.h"

#include "../vector/spmm_s8_blocks.h"
#endif
