/* pack_s8 for AVX2: bytes with 128 added. */
#include "columns.h"
#include "int8.h"

#ifdef NNZ_X86_64
#include "../vector/pack_runs.h"

typedef struct words16 {
    __m256i low, high;
} words16;

typedef __m128i bytes16;

VECTOR_INLINE bytes16 b_zero(void) {
    return _mm_setzero_si128();
}

/* The even bytes of `low`, then the odd ones of `high`. */
VECTOR_INLINE bytes16 even_and_odd(const int8_t *low, const int8_t *high) {
    const __m128i even = _mm_and_si128(_mm_loadu_si128((const void *)low), _mm_set1_epi16(0xFF));
    return _mm_packus_epi16(even, _mm_srli_epi16(_mm_loadu_si128((const void *)high), 8));
}

/* The bytes at x + offset[i] of pixels [begin, end), more than eight that are two apart, `fill` for the others: the
 * first eight and the last eight of them, so that no load reaches beyond. */
VECTOR_INLINE bytes16 load_inside(const int8_t *x, const int32_t *offset, int begin, int end, int8_t fill) {
    const __m128i pixel = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m128i before = _mm_cmpgt_epi8(_mm_set1_epi8((int8_t)begin), pixel);
    const __m128i behind = _mm_cmpgt_epi8(pixel, _mm_set1_epi8((int8_t)(end - 1)));
    const __m128i is_last = _mm_cmpgt_epi8(pixel, _mm_set1_epi8((int8_t)(begin + 7)));
    const __m128i place =
        _mm_add_epi8(pixel, _mm_blendv_epi8(_mm_set1_epi8((int8_t)-begin), _mm_set1_epi8((int8_t)(16 - end)), is_last));
    const bytes16 bytes = even_and_odd(x + offset[begin], x + offset[end - 1] - 15);
    return _mm_blendv_epi8(_mm_shuffle_epi8(bytes, place), _mm_set1_epi8(fill), _mm_or_si128(before, behind));
}

/* The bytes at x + offset[i], `fill` where the mask has no bit. */
VECTOR_INLINE bytes16 b_load(const int8_t *x, const int32_t *offset, uint8_t step, uint32_t mask, int8_t fill) {
    if (!mask)
        return _mm_set1_epi8(fill);
    const int begin = __builtin_ctz(mask), end = 32 - __builtin_clz(mask);
    if (step == 2 && end - begin > 8 && mask == (1u << end) - (1u << begin))
        return mask == 0xFFFF ? even_and_odd(x + offset[0], x + offset[0] + 15)
                              : load_inside(x, offset, begin, end, fill);
    if (mask != 0xFFFF || step != 1)
        return nnz_gather_bytes(x, offset, mask, fill);
    return _mm_loadu_si128((const void *)(x + offset[0]));
}

VECTOR_INLINE words16 w_from_columns(const bytes16 columns[4]) {
    __m128i words[4];
    nnz_interleave_columns(columns, words);
    return (words16){_mm256_set_m128i(words[1], words[0]), _mm256_set_m128i(words[3], words[2])};
}

/* The columns of a unit as up to two runs, each with the bytes of its loads that make the words of sixteen pixels. */
typedef struct w_run {
    const int8_t *x;
    size_t last; /* where the last of its loads begins, for none reaches beyond what the pixels need */
    __m256i low, high;
} w_run;

typedef struct w_runs {
    w_run run[2];
    uint32_t columns; /* of both; 0 where two runs are not enough */
} w_runs;

enum { THIRD = 14 }; /* the load of pixels 8 to 11, which begin with byte 16 */

/* Columns [first, first + n) of a unit, at x, n at least 1 where there are any. */
VECTOR_INLINE w_run w_run_of(const int8_t *x, uint32_t first, uint32_t n) {
    const __m256i column = _mm256_set1_epi32(0x03020100), pixel = _mm256_set1_epi64x(0x0202020200000000);
    const __m256i second = _mm256_setr_epi32(0, 0, 0x04040404, 0x04040404, 0, 0, 0x04040404, 0x04040404);
    const __m256i low =
        _mm256_add_epi8(_mm256_add_epi8(pixel, second), _mm256_sub_epi8(column, _mm256_set1_epi8((int8_t)first)));
    const int64_t third = 16 - THIRD, last = 10 - (int64_t)n, every = 0x0101010101010101;
    const __m256i high =
        _mm256_add_epi8(low, _mm256_setr_epi64x(third * every, third * every, last * every, last * every));
    const __m256i before = _mm256_cmpgt_epi8(_mm256_set1_epi8((int8_t)first), column);
    const __m256i behind = _mm256_cmpgt_epi8(column, _mm256_set1_epi8((int8_t)(first + n - 1)));
    const __m256i none = _mm256_or_si256(before, behind);
    return (w_run){x, THIRD + n, _mm256_or_si256(low, none), _mm256_or_si256(high, none)};
}

VECTOR_INLINE w_runs w_runs_of(const int8_t *const x[4], uint32_t columns) {
    const uint32_t first = w_run_length(x, columns), second = w_run_length(x + first, columns - first);
    return (w_runs){{w_run_of(x[0], 0, first), second ? w_run_of(x[first], first, second) : w_run_of(x[0], 4, 1)},
                    first + second == columns ? columns : 0};
}

VECTOR_INLINE __m256i load_two(const int8_t *low, const int8_t *high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const void *)low)),
                                   _mm_loadu_si128((const void *)high), 1);
}

/* The words of sixteen pixels, two apart, from `offset` on. */
VECTOR_INLINE words16 w_load_runs(const w_runs *runs, int32_t offset) {
    words16 words[2];
    for (int i = 0; i < 2; i++) {
        const w_run *run = runs->run + i;
        const int8_t *x = run->x + offset;
        words[i].low = _mm256_shuffle_epi8(load_two(x, x + 8), run->low);
        words[i].high = _mm256_shuffle_epi8(load_two(x + THIRD, x + run->last), run->high);
    }
    return (words16){_mm256_or_si256(words[0].low, words[1].low), _mm256_or_si256(words[0].high, words[1].high)};
}

/* The words at x + 4 offset[i] of eight pixels, all bytes `fill` where the mask has no bit. */
VECTOR_INLINE __m256i load8(const int8_t *x, const int32_t *offset, uint8_t step, uint32_t mask, int8_t fill) {
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128), outside = _mm256_set1_epi8(fill);
    const __m256i inside = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)mask), bit), bit);
    if (step != 1)
        return _mm256_mask_i32gather_epi32(outside, (const void *)x, _mm256_loadu_si256((const void *)offset), inside,
                                           4);
    const int8_t *first = x + 4 * (ptrdiff_t)offset[0];
    if ((mask & 0xFF) == 0xFF)
        return _mm256_loadu_si256((const void *)first);
    return _mm256_blendv_epi8(outside, _mm256_maskload_epi32((const void *)first, inside), inside);
}

VECTOR_INLINE words16 w_load(const int8_t *x, const int32_t *offset, uint8_t step, uint32_t mask, int8_t fill) {
    return (words16){load8(x, offset, step, mask & 0xFF, fill), load8(x, offset + 8, step, mask >> 8, fill)};
}

VECTOR_INLINE void w_store_cells(uint8_t *y, words16 words) {
    const __m256i offset = _mm256_set1_epi8(-128);
    _mm256_store_si256((void *)y, _mm256_xor_si256(words.low, offset));
    _mm256_store_si256((void *)(y + 32), _mm256_xor_si256(words.high, offset));
}

/* The four words of columns of 32 pixels, w_store_cells() of words, as 32 bytes of each column; their order makes
 * sixteen pixels of two columns interleaved what i_narrow_pair() makes of two vectors. */
VECTOR_INLINE void part_columns(const __m256i words[4], __m256i columns[4]) {
    const __m256i by_column =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    __m256i column[4], two[4]; /* two columns of sixteen pixels */
    for (int i = 0; i < 4; i++)
        column[i] = _mm256_shuffle_epi8(words[i], by_column);
    for (int i = 0; i < 2; i++) {
        two[2 * i] = _mm256_unpacklo_epi32(column[2 * i], column[2 * i + 1]);
        two[2 * i + 1] = _mm256_unpackhi_epi32(column[2 * i], column[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        columns[2 * i] = _mm256_unpacklo_epi64(two[i], two[2 + i]);
        columns[2 * i + 1] = _mm256_unpackhi_epi64(two[i], two[2 + i]);
    }
}

/* A unit of NNZ_UNITS_TILE pixels as four columns of them. */
#define PACK_APART
VECTOR_INLINE void w_part_unit(uint8_t *y) {
    enum { VECTORS = NNZ_UNITS_TILE / 32 };
    __m256i columns[VECTORS][4];
    for (int v = 0; v < VECTORS; v++) {
        __m256i words[4];
        for (int i = 0; i < 4; i++)
            words[i] = _mm256_load_si256((const void *)(y + 128 * v + 32 * i));
        part_columns(words, columns[v]);
    }
    for (int i = 0; i < 4; i++)
        for (int v = 0; v < VECTORS; v++)
            _mm256_store_si256((void *)(y + i * NNZ_UNITS_TILE + 32 * v), columns[v][i]);
}

#include "../vector/pack_s8.h"
#endif
