/* add_s8 for NEON. */
#include "bytes.h"

#ifdef NNZ_ARM_NEON
#include "../vector/add_s8.h"

VECTOR_FUNCTION void VECTOR_NAME(add_s8)(const nnz_add_s8 *a) {
    add_s8_from(a, 0);
}
#endif
