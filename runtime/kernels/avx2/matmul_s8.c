/* matmul_s8 for AVX2: eight rows of A, widened to 16 bits once for all pixels, by a vector of pixels. */
#include "dot_words.h"

#ifdef NNZ_X86_64
enum { MATMUL_VECTORS = 1 };
#include "../vector/matmul_s8_terms.h"

enum { ROWS = 8, UNITS = 64 /* of a panel, widened at a time: 4 kB */ };

/* The panel's units from `w` on; lane r of each is row r. */
VECTOR_INLINE void widen(wvec *panel, const int8_t *w, uint32_t units) {
    for (uint32_t u = 0; u < units; u++, w += 4 * ROWS)
        panel[u] = i_split_signed(_mm256_loadu_si256((const void *)w));
}

/* A row of a unit, for every pixel. */
VECTOR_INLINE wvec row_of(const wvec *unit, int row) {
    const int8_t *even = (const int8_t *)&unit->even, *odd = (const int8_t *)&unit->odd;
    return (wvec){i_set(i_word(even + 4 * row)), i_set(i_word(odd + 4 * row))};
}

/* Adds a panel's products with n pixels from b on. */
VECTOR_INLINE void add_products(const nnz_matmul_s8 *a, ivec *sums, const wvec *panel, uint32_t units, const int8_t *b,
                                size_t n) {
    ivec s[ROWS];
    for (int r = 0; r < ROWS; r++)
        s[r] = sums[r];
    for (uint32_t u = 0; u < units; u++, b += a->ldb) {
        const xvec x = i_load_planes(b, n);
        for (int r = 0; r < ROWS; r++)
            i_dot(s + r, x, row_of(panel + u, r));
    }
    for (int r = 0; r < ROWS; r++)
        sums[r] = s[r];
}

VECTOR_FUNCTION void VECTOR_NAME(matmul_s8)(const nnz_matmul_s8 *a) {
    const uint32_t units = (a->depth + 3) / 4;
    ivec pixel_terms[NNZ_MATMUL_PIXELS / PIXELS], sums[NNZ_MATMUL_PIXELS / PIXELS][ROWS];
    wvec panel[UNITS];
    matmul_pixel_terms(a, pixel_terms);
    for (uint32_t row = 0; row < a->rows; row += ROWS) {
        const int8_t *w = a->a + (size_t)row * units * 4;
        int32_t row_terms[ROWS];
        matmul_row_terms(a, w, row_terms);
        for (uint32_t pixel = 0; pixel < a->pixels; pixel += PIXELS)
            for (int r = 0; r < ROWS; r++)
                sums[pixel / PIXELS][r] = matmul_start(row_terms[r], pixel_terms[pixel / PIXELS]);
        for (uint32_t u = 0, n; u < units; u += n) {
            n = units - u < UNITS ? units - u : UNITS;
            widen(panel, w + (size_t)u * 4 * ROWS, n);
            for (uint32_t pixel = 0; pixel < a->pixels; pixel += PIXELS)
                add_products(a, sums[pixel / PIXELS], panel, n, a->b + u * a->ldb + 4 * (size_t)pixel,
                             a->pixels - pixel < PIXELS ? a->pixels - pixel : PIXELS);
        }
        for (uint32_t pixel = 0; pixel < a->pixels; pixel += PIXELS)
            for (uint32_t r = 0; r < ROWS && row + r < a->rows; r += 4)
                matmul_store(a, row + r, pixel, 1, sums[pixel / PIXELS] + r);
    }
}

#endif
