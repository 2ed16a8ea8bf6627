/*
 * lut_planes_s8 for AVX2: 32 pixels of a channel in a register. VPSHUFB looks up one of 16 bytes, or gives 0 where the
 * index is negative. So a table is cut into rows of 16 bytes, each stored as its difference (exclusive or) from the row
 * before: the differences of all rows up to the one that the index lies in add up to the entry.
 */
#include "avx2.h"

#ifdef NNZ_X86_64

enum { TABLE = 256, ROW = 16, HALF = 128 };

/* In each half of a table by itself. */
NNZ_AVX2_INLINE void find_differences(const int8_t *table, int8_t *rows) {
    for (const int8_t *end = table + TABLE; table < end; table += HALF, rows += HALF) {
        _mm_store_si128((void *)rows, _mm_loadu_si128((const void *)table));
        for (int i = ROW; i < HALF; i += ROW)
            _mm_store_si128((void *)(rows + i), _mm_xor_si128(_mm_loadu_si128((const void *)(table + i)),
                                                              _mm_loadu_si128((const void *)(table + i - ROW))));
    }
}

/* The entry of half a table at `index`; 0 where that is negative. */
NNZ_AVX2_INLINE __m256i look_up_half(const int8_t *rows, __m256i index) {
    __m256i found = _mm256_setzero_si256();
    for (int i = 0; i < HALF; i += ROW) {
        const __m256i row = _mm256_broadcastsi128_si256(_mm_load_si128((const void *)(rows + i)));
        found = _mm256_xor_si256(found, _mm256_shuffle_epi8(row, index));
        index = _mm256_subs_epi8(index, _mm256_set1_epi8(ROW));
    }
    return found;
}

NNZ_AVX2_INLINE __m256i look_up(const int8_t *rows, __m256i x) {
    const __m256i negative = look_up_half(rows, _mm256_xor_si256(x, _mm256_set1_epi8(-128)));
    return _mm256_xor_si256(negative, look_up_half(rows + HALF, x));
}

/* The bytes of a lane's four words, transposed. */
NNZ_AVX2_INLINE __m256i transpose_lanes(__m256i x) {
    const __m128i order = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(order));
}

/* The words of the same lane of v[0] to v[3], transposed. */
NNZ_AVX2_INLINE void transpose_words(__m256i v[4]) {
    const __m256i low01 = _mm256_unpacklo_epi32(v[0], v[1]), high01 = _mm256_unpackhi_epi32(v[0], v[1]);
    const __m256i low23 = _mm256_unpacklo_epi32(v[2], v[3]), high23 = _mm256_unpackhi_epi32(v[2], v[3]);
    v[0] = _mm256_unpacklo_epi64(low01, low23);
    v[1] = _mm256_unpackhi_epi64(low01, low23);
    v[2] = _mm256_unpacklo_epi64(high01, high23);
    v[3] = _mm256_unpackhi_epi64(high01, high23);
}

/* 32 pixels of a plane. */
NNZ_AVX2_INLINE void look_up_pixels(const int8_t *rows, const int8_t *x, int8_t *y) {
    __m256i v[4];
    for (int i = 0; i < 4; i++)
        v[i] = transpose_lanes(_mm256_loadu_si256((const void *)(x + 32 * i)));
    transpose_words(v);
    for (int i = 0; i < 4; i++)
        v[i] = look_up(rows + TABLE * i, v[i]);
    transpose_words(v);
    for (int i = 0; i < 4; i++)
        _mm256_storeu_si256((void *)(y + 32 * i), transpose_lanes(v[i]));
}

NNZ_AVX2 void nnz_lut_planes_s8_avx2(const nnz_lut_planes_s8 *a) {
    const size_t whole = a->pixels & ~(size_t)31;
    for (uint32_t c = 0; whole && c < a->channels; c += 4) {
        _Alignas(32) int8_t rows[4 * TABLE];
        for (size_t i = 0; i < 4; i++)
            find_differences(a->tables + TABLE * (c + i), rows + TABLE * i);
        for (size_t p = 0; p < whole; p += 32)
            look_up_pixels(rows, a->x + c / 4 * a->stride + 4 * p, a->y + c / 4 * a->stride + 4 * p);
    }
    nnz_lut_planes_s8 rest = *a;
    rest.x += 4 * whole;
    rest.y += 4 * whole;
    rest.pixels -= whole;
    nnz_lut_planes_s8_scalar(&rest);
}

#endif
