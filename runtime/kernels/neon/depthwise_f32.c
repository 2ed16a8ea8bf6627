/* depthwise_f32 for NEON. */
#include "vector.h"

#ifdef NNZ_ARM_NEON
#ifdef NNZ_AARCH64
#define DEPTHWISE_ROWS 4
#else
#define DEPTHWISE_ROWS 2
#endif
#include "../vector/depthwise_f32.h"
#endif
