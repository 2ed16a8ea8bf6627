/* spmm_s8_dense for AVX2. */
#include "dot_words.h"

#ifdef NNZ_X86_64
#define DENSE_ROWS    4
#define DENSE_VECTORS 2
#include "../vector/dot_rows.h"

#include "../vector/spmm_s8_dense.h"
#endif
