/* matvec_s8 for NEON. */
#include "int8.h"

#ifdef NNZ_ARM_NEON
#include "../vector/matvec_s8.h"
#endif
