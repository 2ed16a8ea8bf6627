/* add_s8 for AVX-512. */
#include "int8.h"

#ifdef NNZ_X86_64
#include "add_pairs.h"

VECTOR_INLINE pvec p_dot(pvec sum, pvec a, pvec b) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
}

#include "../vector/add_s8_pairs.h"
#endif
