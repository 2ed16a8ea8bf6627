/* matvec_s8 for AVX-512 VNNI. */
#include "int8.h"

#ifdef NNZ_X86_64
#include "../vector/matvec_s8.h"
#endif
