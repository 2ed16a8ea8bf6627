/* matvec_s8_u1 for AVX2: of a row's nnz_s8_units eight at a time, each with a word of x; the wide ones, which are few,
 * one by one. */
#include "int8.h"

#ifdef NNZ_X86_64
#include "../vector/finish_rows_s8.h"

enum { UNITS = 8 };

/* Adds the products of units [at, at + n), n at most UNITS. */
VECTOR_INLINE ivec add_units(ivec sums, const nnz_matvec_s8 *a, size_t at, size_t n) {
    ivec unit = _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)(a->exact.unit + at)));
    ivec weights = _mm256_loadu_si256((const void *)(a->exact.weights + 4 * at));
    if (n < UNITS) {
        unit = _mm256_and_si256(unit, i_first(n));
        weights = _mm256_and_si256(weights, i_first(n));
    }
    const ivec x = _mm256_i32gather_epi32((const int *)(const void *)a->x, unit, 4);
    const ivec pairs = _mm256_maddubs_epi16(_mm256_xor_si256(x, _mm256_set1_epi8(-128)), weights);
    return i_add(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

VECTOR_INLINE int32_t sum_of(ivec v) {
    __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    sums = _mm_add_epi32(sums, _mm_unpackhi_epi64(sums, sums));
    return _mm_cvtsi128_si32(sums) + _mm_extract_epi32(sums, 1);
}

/* The products of units [at, end), of weights of any size. */
VECTOR_INLINE int32_t sum_of_wide(const nnz_matvec_s8 *a, size_t at, size_t end) {
    int32_t sum = 0;
    for (; at < end; at++)
        for (int i = 0; i < CELL; i++)
            sum += a->exact.weights[4 * at + i] * (a->x[4 * (size_t)a->exact.unit[at] + i] + S8_OFFSET);
    return sum;
}

VECTOR_INLINE int32_t sum_of_row(const nnz_matvec_s8 *a, const nnz_s8_row *row) {
    size_t at = row->at;
    const size_t end = at + 2 * (size_t)row->pairs + row->singles;
    ivec sums = i_set(0);
    for (; at + UNITS <= end; at += UNITS)
        sums = add_units(sums, a, at, UNITS);
    if (at < end)
        sums = add_units(sums, a, at, end - at);
    return sum_of(sums) + sum_of_wide(a, end, end + row->wide);
}

/* Rows [begin, end) of a group that begins with row `group`. */
VECTOR_INLINE void multiply_group(const nnz_matvec_s8 *a, uint32_t group, uint32_t begin, uint32_t end) {
    const uint32_t n = nnz_units_group_rows(group, a->exact.row_count);
    int32_t sums[NNZ_UNITS_GROUP];
    for (const nnz_s8_row *row = a->exact.rows + group, *last = row + n; row < last; row++)
        if (row->row >= begin && row->row < end)
            sums[row->row - group] = sum_of_row(a, row);
    for (uint32_t row = begin; row < end; row += PIXELS) {
        const uint32_t rows = end - row < PIXELS ? end - row : PIXELS;
        s8_finish_rows(a, row, rows, i_load_n(sums + (row - group), rows));
    }
}

VECTOR_FUNCTION void VECTOR_NAME(matvec_s8_u1)(const nnz_matvec_s8 *a) {
    for (uint32_t row = a->row_begin, next; row < a->row_end; row = next) {
        const uint32_t group = row - row % NNZ_UNITS_GROUP;
        next = group + nnz_units_group_rows(group, a->row_end);
        multiply_group(a, group, row, next);
    }
}
#endif
