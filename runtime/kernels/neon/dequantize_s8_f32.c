/* dequantize_s8_f32 for NEON. */
#include "bytes.h"

#ifdef NNZ_ARM_NEON
#include "../vector/dequantize_s8_f32.h"
#endif
