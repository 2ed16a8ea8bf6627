#include "narrow.h"

#ifdef NNZ_X86_64
#include "../vector/expand_s8.h"
#endif
