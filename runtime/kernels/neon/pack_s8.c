/* pack_s8 for NEON. */
#include "int8.h"

#ifdef NNZ_ARM_NEON
#include "../neon/pack_words.h"
#include "../vector/pack_s8.h"
#endif
