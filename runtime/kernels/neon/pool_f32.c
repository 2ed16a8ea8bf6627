/* pool_f32 for NEON. */
#include "vector.h"

#ifdef NNZ_ARM_NEON
#include "../pool_f32.h"
#include "../vector/pool_f32.h"
#endif
