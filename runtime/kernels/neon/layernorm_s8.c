/* layernorm_s8 for NEON. */
#include "bytes.h"

#ifdef NNZ_ARM_NEON
#include "../vector/layernorm_s8.h"
#endif
