#include "narrow.h"

#ifdef NNZ_X86_64
#include "../vector/expand_f16.h"
#endif
