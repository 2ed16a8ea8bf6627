/* matmul_s8 for AVX2: eight rows of A, widened to 16 bits once for all pixels, by a vector of pixels. */
#include "dot_words.h"

#ifdef NNZ_X86_64
#include "transpose_bytes.h"

#define WIDENS_PANELS
enum { MATMUL_ROWS = 8, MATMUL_VECTORS = 1, PANEL_UNIT = 64 };

/* Units of eight rows, four bytes each: bytes 0 and 2, then bytes 1 and 3, as 16 bits. */
VECTOR_INLINE void panel_widen(int8_t *panel, const int8_t *bytes, size_t units) {
    for (size_t u = 0; u < units; u++, bytes += 32, panel += PANEL_UNIT) {
        const wvec unit = i_split_signed(_mm256_loadu_si256((const void *)bytes));
        _mm256_store_si256((void *)panel, unit.even);
        _mm256_store_si256((void *)(panel + 32), unit.odd);
    }
}

/* Adds the products of `rows` rows of a unit of a panel with V vectors of x. */
VECTOR_INLINE void i_dot_rows(ivec *sums, const int8_t *panel, const int rows, const xvec *x, const int V) {
    for (int r = 0; r < rows; r++, panel += 4) {
        const wvec row = {i_set(i_word(panel)), i_set(i_word(panel + 32))};
        for (int v = 0; v < V; v++)
            i_dot(sums + r * V + v, x[v], row);
    }
}

/* The terms of a panel's rows without their sign. */
VECTOR_INLINE void panel_row_terms(const nnz_matmul_s8 *a, const int8_t *panel, int32_t *terms) {
    const ivec zero = _mm256_set1_epi16((int16_t)(a->zero_b + S8_OFFSET));
    ivec sums = i_set(0);
    for (uint32_t k = 0; k < a->depth; k += 4, panel += PANEL_UNIT) {
        const __m256i *unit = (const __m256i *)(const void *)panel;
        i_dot(&sums, (xvec){zero, zero}, (wvec){unit[0], unit[1]});
    }
    _mm256_storeu_si256((void *)terms, sums);
}

#include "../vector/matmul_s8.h"
#endif
