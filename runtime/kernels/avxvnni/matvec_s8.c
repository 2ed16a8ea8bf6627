/* matvec_s8 for AVX-VNNI. */
#include "int8.h"

#ifdef NNZ_AVXVNNI
#include "../vector/matvec_s8.h"
#endif
