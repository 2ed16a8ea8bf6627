/* unary_f32 for AVX2. */
#include "vector.h"

#ifdef NNZ_X86_64
#include "gelu.h"

#include "../vector/unary_f32.h"
#endif
