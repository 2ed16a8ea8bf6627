/* matvec_s8_u1 for AVX-512. */
#include "int8.h"

#ifdef NNZ_X86_64
#include "../vector/matvec_s8_u1.h"

VECTOR_FUNCTION void VECTOR_NAME(matvec_s8_u1)(const nnz_matvec_s8 *a) {
    s8_u1_rows(a);
}
#endif
