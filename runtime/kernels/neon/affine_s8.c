/* affine_s8 for NEON. */
#include "bytes.h"

#ifdef NNZ_ARM_NEON
#include "gelu.h"

#include "../vector/affine_s8.h"
#endif
