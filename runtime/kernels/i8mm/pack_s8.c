/* pack_s8 for NEON with matrix products. */
#include "int8.h"

#ifdef NNZ_AARCH64
#include "../neon/pack_words.h"
#include "../vector/pack_s8.h"
#endif
