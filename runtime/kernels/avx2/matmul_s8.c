/* matmul_s8 for AVX2. */
#include "dot_words.h"

#ifdef NNZ_X86_64
enum { MATMUL_ROWS = 4 };
#include "../vector/dot_rows.h"

#include "../vector/matmul_s8.h"
#endif
