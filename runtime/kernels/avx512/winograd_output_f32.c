#include "vector.h"

#ifdef NNZ_X86_64
#include "../vector/winograd_output_f32.h"
#endif
