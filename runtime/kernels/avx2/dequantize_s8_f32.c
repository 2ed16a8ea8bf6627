/* dequantize_s8_f32 for AVX2. */
#include "bytes.h"

#ifdef NNZ_X86_64
#include "../vector/dequantize_s8_f32.h"
#endif
