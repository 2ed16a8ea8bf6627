/* Sums of sixteen pixels: what the int8 kernels of AVX-512, with VNNI and without, share. */
#ifndef NNZ_AVX512_INT8_WORDS_H
#define NNZ_AVX512_INT8_WORDS_H

#include "../../src/requantize.h"
#include "avx512.h"

#ifdef NNZ_X86_64

typedef __m512i ivec;

VECTOR_INLINE ivec i_set(int32_t x) {
    return _mm512_set1_epi32(x);
}

VECTOR_INLINE ivec i_add(ivec a, ivec b) {
    return _mm512_add_epi32(a, b);
}

VECTOR_INLINE ivec i_min(ivec a, ivec b) {
    return _mm512_min_epi32(a, b);
}

VECTOR_INLINE ivec i_max(ivec a, ivec b) {
    return _mm512_max_epi32(a, b);
}

VECTOR_INLINE int32_t i_word(const int8_t *p) {
    int32_t word;
    __builtin_memcpy(&word, p, sizeof word);
    return word;
}

/* acc x 2^shift, saturated. */
VECTOR_INLINE ivec i_shift_saturating(ivec acc, uint32_t shift) {
    const ivec high = i_set(INT32_MAX >> shift), low = i_set(-(INT32_MAX >> shift) - 1);
    ivec t = _mm512_sll_epi32(acc, _mm_cvtsi32_si128((int)shift));
    t = _mm512_mask_mov_epi32(t, _mm512_cmpgt_epi32_mask(acc, high), i_set(INT32_MAX));
    return _mm512_mask_mov_epi32(t, _mm512_cmplt_epi32_mask(acc, low), i_set(INT32_MIN));
}

VECTOR_INLINE ivec i_requantize(ivec acc, ivec multiplier, uint32_t shift) {
    if (shift)
        acc = i_shift_saturating(acc, shift);
    const ivec half = _mm512_set1_epi64((int64_t)1 << 31);
    ivec even = _mm512_add_epi64(_mm512_mul_epi32(acc, multiplier), half);
    ivec odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(acc, 32), multiplier), half);
    return _mm512_mask_mov_epi32(_mm512_srli_epi64(even, 32), 0xAAAA, odd);
}

/* Puts the low byte of each lane of y, which holds an int8, into byte `byte` of `words`, which is zero. */
VECTOR_INLINE ivec i_insert_byte(ivec words, ivec y, int byte) {
    return _mm512_or_si512(words, _mm512_slli_epi32(_mm512_and_si512(y, i_set(0xFF)), (unsigned)(8 * byte)));
}

/* n words, at most 16. */
VECTOR_INLINE void i_store_n(int8_t *y, ivec words, size_t n) {
    _mm512_mask_storeu_epi32(y, (__mmask16)((1u << n) - 1), words);
}

#endif

#endif
