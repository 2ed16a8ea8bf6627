/* Four words of four bytes, transposed: for AVX2, and AVX-512 too. */
#ifndef NNZ_AVX2_TRANSPOSE_BYTES_H
#define NNZ_AVX2_TRANSPOSE_BYTES_H

#ifdef NNZ_X86_64

VECTOR_INLINE void i_transpose_4x4(const int8_t *x, int8_t *y) {
    const __m128i order = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm_storeu_si128((void *)y, _mm_shuffle_epi8(_mm_loadu_si128((const void *)x), order));
}

#endif

#endif
