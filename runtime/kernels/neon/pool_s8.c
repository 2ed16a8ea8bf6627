/* pool_s8 for NEON. */
#include "../pool_s8.h"
#include "bytes.h"

#ifdef NNZ_ARM_NEON
#include "../vector/pool_s8.h"
#endif
