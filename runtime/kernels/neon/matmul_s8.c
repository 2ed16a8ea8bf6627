/* matmul_s8 for NEON. */
#include "bytes.h"

#ifdef NNZ_ARM_NEON
enum { MATMUL_ROWS = 4 };

/* A unit of n pixels. */
VECTOR_INLINE xvec i_load_planes(const int8_t *x, size_t n) {
    return vreinterpretq_s8_s32(i_load_n(x, n));
}

#include "../vector/matmul_s8.h"
#endif
