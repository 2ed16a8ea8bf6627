/* softmax_f32 for NEON. */
#include "vector.h"

#ifdef NNZ_ARM_NEON
#include "../vector/softmax_f32.h"
#endif
