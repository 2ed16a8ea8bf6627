/* add_s8 for NEON. */
#include "bytes.h"

#ifdef NNZ_ARM_NEON
#include "../vector/add_s8.h"
#endif
