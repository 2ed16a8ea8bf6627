/* affine_s8 for AVX2. */
#include "bytes.h"

#ifdef NNZ_X86_64
#include "gelu.h"

#include "../vector/affine_s8.h"
#endif
