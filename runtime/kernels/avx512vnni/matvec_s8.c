/* matvec_s8 for AVX-512 VNNI, in vectors of 256 bits alone: CPUs multiply on fewer ports beside wider ones. */
#include "avx512vnni.h"

#ifdef NNZ_X86_64
#include "../avx2/int8_words.h"

#include "../avx2/eight_rows.h"

/* The sums of the rows, in ROW_VECTORS vectors. */
VECTOR_INLINE void m_rows(ivec *rows, const mvec *sums) {
    *rows = *sums;
}

#include "../vector/matvec_s8.h"
#endif
