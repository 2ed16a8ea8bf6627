/* matvec_s8 for NEON with dot products. */
#include "int8.h"

#ifdef NNZ_AARCH64
#include "../vector/matvec_s8.h"
#endif
