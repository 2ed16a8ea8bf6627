/* matvec_s8 for AVX2. */
#include "int8.h"

#ifdef NNZ_X86_64
#include "../vector/matvec_s8.h"
#endif
