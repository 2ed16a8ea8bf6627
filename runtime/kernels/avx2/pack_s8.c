/* pack_s8 for AVX2: bytes with 128 added. */
#include "columns.h"
#include "int8.h"

#ifdef NNZ_X86_64

typedef struct words16 {
    __m256i low, high;
} words16;

typedef __m128i bytes16;

VECTOR_INLINE bytes16 b_zero(void) {
    return _mm_setzero_si128();
}

/* The bytes at x + offset[i], `fill` where the mask has no bit. */
VECTOR_INLINE bytes16 b_load(const int8_t *x, const int32_t *offset, uint8_t step, uint32_t mask, int8_t fill) {
    const int8_t *first = x + offset[0];
    if (mask != 0xFFFF || !step)
        return nnz_gather_bytes(x, offset, mask, fill);
    if (step == 1)
        return _mm_loadu_si128((const void *)first);
    const __m128i low = _mm_loadu_si128((const void *)first), high = _mm_loadu_si128((const void *)(first + 15));
    return _mm_packus_epi16(_mm_and_si128(low, _mm_set1_epi16(0xFF)), _mm_srli_epi16(high, 8));
}

VECTOR_INLINE words16 w_from_columns(const bytes16 columns[4]) {
    __m128i words[4];
    nnz_interleave_columns(columns, words);
    return (words16){_mm256_set_m128i(words[1], words[0]), _mm256_set_m128i(words[3], words[2])};
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

#include "../vector/pack_s8.h"
#endif
