/* pool_s8 for AVX2. */
#include "../pool_s8.h"
#include "bytes.h"

#ifdef NNZ_X86_64
#include "../vector/pool_s8.h"
#endif
