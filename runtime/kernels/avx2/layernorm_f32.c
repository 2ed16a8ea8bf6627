/* layernorm_f32 for AVX2. */
#include "vector.h"

#ifdef NNZ_X86_64
#include "../vector/layernorm_f32.h"
#endif
