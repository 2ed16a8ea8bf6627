#include "narrow.h"

#ifdef NNZ_X86_64
#include "../vector/matvec_narrow.h"
#endif
