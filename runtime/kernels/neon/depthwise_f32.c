/* depthwise_f32 for NEON. */
#include "vector.h"

#ifdef NNZ_ARM_NEON
#include "../vector/depthwise_f32.h"
#endif
