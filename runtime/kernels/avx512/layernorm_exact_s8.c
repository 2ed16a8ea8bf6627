/* layernorm_exact_s8 for AVX-512. */
#include "bytes.h"

#ifdef NNZ_X86_64
#include "../vector/layernorm_exact_s8.h"
#endif
