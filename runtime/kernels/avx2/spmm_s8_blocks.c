/*
 * spmm_s8_q1x4 and spmm_s8_u1 for AVX2. Blocks with a pair of weights that can saturate, a tenth to a third of a pruned
 * model's, are entered twice: with the even weight of the pair, and with the odd one.
 */
#include "dot_bytes.h"

#ifdef NNZ_X86_64
#include "../vector/spmm_s8.h"

enum { SPLIT_MAX = 64 };

/* A run of blocks as weights whose pairs do not saturate, and bit i where block i has others besides. */
typedef struct split_blocks {
    _Alignas(32) int32_t first[SPLIT_MAX], second[SPLIT_MAX];
    uint64_t twice;
} split_blocks;

VECTOR_INLINE void split(split_blocks *s, const int8_t *w, uint32_t n) {
    const __m256i odd = _mm256_set1_epi16((int16_t)0xFF00), most = _mm256_set1_epi16(PAIR_MAX);
    s->twice = 0;
    for (uint32_t i = 0; i < n; i += 8) {
        const __m256i words = _mm256_loadu_si256((const void *)(w + 4 * i)); /* may be read past its end */
        const __m256i sums = _mm256_maddubs_epi16(_mm256_set1_epi8(1), words);
        const __m256i second =
            _mm256_and_si256(_mm256_and_si256(words, odd), _mm256_cmpgt_epi16(_mm256_abs_epi16(sums), most));
        const __m256i once = _mm256_cmpeq_epi32(second, _mm256_setzero_si256());
        _mm256_store_si256((void *)(s->first + i), _mm256_xor_si256(words, second));
        _mm256_store_si256((void *)(s->second + i), second);
        s->twice |= (uint64_t)(0xFF ^ (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(once))) << i;
    }
    if (n < SPLIT_MAX)
        s->twice &= ((uint64_t)1 << n) - 1;
}

VECTOR_INLINE void add_unit(ivec *sums, ivec w, const uint8_t *x, const int V) {
    x = s8_one_pointer(x);
    for (int v = 0; v < V; v++)
        i_dot(sums + v, i_load(x + v * (PIXELS * CELL)), w);
}

VECTOR_INLINE void s8_add_units(ivec *sums, uint32_t n, const uint8_t *index, const int8_t *w, const uint8_t *x,
                                size_t stride, const int V) {
    split_blocks s;
    for (uint32_t take; n; n -= take, index += take, w += 4 * take) {
        take = n < SPLIT_MAX ? n : SPLIT_MAX;
        split(&s, w, take);
        for (uint32_t i = 0; i < take; i++)
            add_unit(sums, i_set(s.first[i]), x + index[i] * stride, V);
        for (; s.twice; s.twice &= s.twice - 1) {
            const int i = __builtin_ctzll(s.twice);
            add_unit(sums, i_set(s.second[i]), x + index[i] * stride, V);
        }
    }
}

#define V_MAX 8
#include "../vector/spmm_s8_blocks.h"
#endif
