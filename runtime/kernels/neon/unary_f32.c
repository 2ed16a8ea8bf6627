/* unary_f32 for NEON. */
#include "vector.h"

#ifdef NNZ_ARM_NEON
#include "gelu.h"

#include "../vector/unary_f32.h"
#endif
