/* quantize_f32_s8 for AVX-512. */
#include "bytes.h"

#ifdef NNZ_X86_64
#include "../vector/quantize_f32_s8.h"
#endif
