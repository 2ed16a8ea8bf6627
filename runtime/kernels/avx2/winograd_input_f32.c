#include "vector.h"

#ifdef NNZ_X86_64
#include "../vector/winograd_input_f32.h"
#endif
