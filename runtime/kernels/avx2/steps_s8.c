/* steps_s8 for AVX2. */
#include "bytes.h"

#ifdef NNZ_X86_64
#include "../vector/steps_s8.h"
#endif
