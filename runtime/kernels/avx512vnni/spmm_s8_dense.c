/* spmm_s8_dense for AVX-512 VNNI: the sums of eight rows by three vectors of pixels stay in registers. */
#include "int8.h"

#ifdef NNZ_X86_64
#define DENSE_ROWS    8
#define DENSE_VECTORS 3
#include "../vector/dot_rows.h"

#include "../vector/spmm_s8_dense.h"
#endif
