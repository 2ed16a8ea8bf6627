#include "vector.h"

#ifdef NNZ_ARM_NEON
#include "../vector/winograd_input_f32.h"
#endif
