#include "narrow.h"

#ifdef NNZ_ARM_NEON
#include "../vector/matvec_narrow.h"
#endif
