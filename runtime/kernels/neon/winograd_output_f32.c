#include "vector.h"

#ifdef NNZ_ARM_NEON
#include "../vector/winograd_output_f32.h"
#endif
