#include "narrow.h"

#ifdef NNZ_ARM_NEON
#include "../vector/expand_f16.h"
#endif
