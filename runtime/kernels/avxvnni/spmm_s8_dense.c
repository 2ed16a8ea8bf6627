/* spmm_s8_dense for AVX-VNNI: the sums of four rows by three vectors of pixels stay in registers. */
#include "int8.h"

#ifdef NNZ_AVXVNNI
#define DENSE_ROWS    4
#define DENSE_VECTORS 3
#include "../vector/dot_rows.h"

#include "../vector/spmm_s8_dense.h"
#endif
