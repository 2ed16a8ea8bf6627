/* reduce_f32 for AVX2. */
#include "transpose.h"

#ifdef NNZ_X86_64
#include "../vector/reduce_f32.h"
#endif
