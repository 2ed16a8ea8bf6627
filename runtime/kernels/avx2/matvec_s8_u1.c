/* matvec_s8_u1 for AVX2: of a row's nnz_s8_units eight at a time, each with a word of x; the wide ones, which are few,
 * one by one. */
#include "int8.h"

#ifdef NNZ_X86_64
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

VECTOR_FUNCTION void VECTOR_NAME(matvec_s8_u1)(const nnz_matvec_s8 *a) {
    const nnz_s8_row *rows = a->exact.rows;
    for (uint32_t i = 0; i < a->exact.row_count; i++) {
        const uint32_t row = rows[i].row;
        if (row < a->row_begin || row >= a->row_end)
            continue;
        size_t at = rows[i].at;
        const size_t end = at + 2 * (size_t)rows[i].pairs + rows[i].singles;
        ivec sums = i_set(0);
        for (; at + UNITS <= end; at += UNITS)
            sums = add_units(sums, a, at, UNITS);
        if (at < end)
            sums = add_units(sums, a, at, end - at);
        const int32_t sum = sum_of(sums) + sum_of_wide(a, end, end + rows[i].wide) + a->bias[row];
        const int32_t y = nnz_requantize(sum, a->multiplier[row], a->shift);
        a->y[row] = (int8_t)nnz_clamp((int64_t)a->zero + y, a->lo, a->hi);
    }
}
#endif
