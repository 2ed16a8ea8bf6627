/* The end of int8 matrix-vector products: a vector of rows becomes bytes, with a multiplier for each row. */
#include "../../src/requantize.h"

/* The results of n rows from `row` on, at most PIXELS, from their sums without bias. */
VECTOR_INLINE void s8_finish_rows(const nnz_matvec_s8 *a, uint32_t row, uint32_t n, ivec sums) {
    const ivec acc = i_add(sums, i_load_n(a->bias + row, n)), multiplier = i_load_n(a->multiplier + row, n);
    const ivec y = a->shift == NNZ_SHIFT_FACTOR ? i_add(i_multiply(acc, multiplier), i_set(a->zero))
                                                : i_requantize_each(acc, multiplier, a->shift, i_rounding(a->zero));
    i_store_bytes_n(a->y + row, i_min(i_set(a->hi), i_max(i_set(a->lo), y)), n);
}
