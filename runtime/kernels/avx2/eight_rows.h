/* Matrix-vector products in int8: a vector of eight rows. What includes it gives dot_eight(), VPDPBUSD of 256 bits. */

enum { MATVEC_PARTS = 1, ROW_VECTORS = 1 };
typedef __m256i mvec;

VECTOR_INLINE void m_clear(mvec *sums) {
    *sums = _mm256_setzero_si256();
}

VECTOR_INLINE void m_add(mvec *sums, const mvec *others) {
    *sums = _mm256_add_epi32(*sums, *others);
}

/* Adds a block of eight rows by four columns. */
VECTOR_INLINE void m_dot(mvec *sums, const int8_t *w, const int8_t *x) {
    const __m256i xs = _mm256_set1_epi32(i_word(x) ^ (int32_t)0x80808080u);
    *sums = dot_eight(*sums, xs, _mm256_loadu_si256((const void *)w));
}
