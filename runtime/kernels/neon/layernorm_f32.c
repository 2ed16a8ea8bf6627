/* layernorm_f32 for NEON. */
#include "vector.h"

#ifdef NNZ_ARM_NEON
#include "../vector/layernorm_f32.h"
#endif
