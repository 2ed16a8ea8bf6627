/* add_s8 for AVX-512 VNNI: VPDPWSSD adds the products of pairs to what is there. */
#include "int8.h"

#ifdef NNZ_X86_64
#include "../avx512/add_pairs.h"

VECTOR_INLINE pvec p_dot(pvec sum, pvec a, pvec b) {
    return _mm512_dpwssd_epi32(sum, a, b);
}

#include "../vector/add_s8_pairs.h"
#endif
