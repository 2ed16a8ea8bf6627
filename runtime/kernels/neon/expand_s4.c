#include "narrow.h"

#ifdef NNZ_ARM_NEON
#include "../vector/expand_s4.h"
#endif
