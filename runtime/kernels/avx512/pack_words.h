/* Sixteen words of an int8 tile, for AVX-512 with VNNI and without. */
#ifndef NNZ_AVX512_PACK_WORDS_H
#define NNZ_AVX512_PACK_WORDS_H

#include "../avx2/columns.h"
#include "../vector/pack_runs.h"
#include "every_other.h"

typedef __m512i words16;

typedef __m128i bytes16;

VECTOR_INLINE bytes16 b_zero(void) {
    return _mm_setzero_si128();
}

/* The bytes at x + offset[i], `fill` where the mask has no bit. */
VECTOR_INLINE bytes16 b_load(const int8_t *x, const int32_t *offset, uint8_t step, uint32_t mask, int8_t fill) {
    const int8_t *first = x + offset[0];
    if (step == 1)
        return _mm_mask_loadu_epi8(_mm_set1_epi8(fill), (__mmask16)mask, first);
    if (step != 2)
        return nnz_gather_bytes(x, offset, mask, fill);
    return _mm256_cvtepi16_epi8(_mm256_mask_loadu_epi8(_mm256_set1_epi8(fill), nnz_spread_mask(mask), first));
}

VECTOR_INLINE words16 w_from_columns(const bytes16 columns[4]) {
    __m128i words[4];
    nnz_interleave_columns(columns, words);
    const __m256i low = _mm256_set_m128i(words[1], words[0]), high = _mm256_set_m128i(words[3], words[2]);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/* The columns of a unit as up to two runs, the second one's bytes behind the first one's. */
typedef struct w_runs {
    const int8_t *x[2];        /* where column 0 would be */
    uint32_t first, columns;   /* of the first, and of both; 0 where two runs are not enough */
    __mmask64 used[2];         /* bytes of x that sixteen pixels use, which are two apart */
    __mmask64 second, missing; /* bytes of the words that are the second run's, and no column's */
} w_runs;

VECTOR_INLINE w_runs w_runs_of(const int8_t *const x[4], uint32_t columns) {
    const __mmask64 every = 0x1111111111111111;
    const uint32_t first = w_run_length(x, columns), second = w_run_length(x + first, columns - first);
    w_runs runs = {.x = {x[0], x[0]}, .first = first, .columns = first + second == columns ? columns : 0};
    runs.used[0] = ((__mmask64)1 << (30 + first)) - 1;
    if (second) {
        runs.x[1] = x[first] - first;
        runs.used[1] = (((__mmask64)1 << (30 + columns)) - 1) & ~(((__mmask64)1 << first) - 1);
    }
    for (uint32_t i = first; i < 4; i++)
        *(i < columns ? &runs.second : &runs.missing) |= every << i;
    return runs;
}

/* The words of sixteen pixels from the bytes of both runs. */
VECTOR_INLINE words16 w_join_runs(const w_runs *runs, __m512i first, __m512i second) {
    /* Words 0 and 1, 1 and 2, ... of 16 bits. */
    const __m512i pairs = _mm512_setr_epi32(0x10000, 0x20001, 0x30002, 0x40003, 0x50004, 0x60005, 0x70006, 0x80007,
                                            0x90008, 0xA0009, 0xB000A, 0xC000B, 0xD000C, 0xE000D, 0xF000E, 0x10000F);
    const __m512i words = _mm512_mask_mov_epi8(_mm512_permutexvar_epi16(pairs, first), runs->second,
                                               _mm512_permutexvar_epi16(pairs, second));
    return _mm512_maskz_mov_epi8(~runs->missing, words);
}

/* The words of sixteen pixels from `offset` on. */
VECTOR_INLINE words16 w_load_runs(const w_runs *runs, int32_t offset) {
    return w_join_runs(runs, _mm512_maskz_loadu_epi8(runs->used[0], runs->x[0] + offset),
                       _mm512_maskz_loadu_epi8(runs->used[1], runs->x[1] + offset));
}

/* The same, `fill` where the mask of a column has no bit of a pixel. Where a row of outputs ends, a byte that one pixel
 * has outside may be one that the next pixel has inside: what is loaded is not what each pixel gets. */
#define PACK_MASKED_RUNS
VECTOR_INLINE words16 w_load_masked_runs(const w_runs *runs, int32_t offset, const uint32_t inside[4], int8_t fill) {
    __mmask64 first = 0, second = 0, kept = runs->missing;
    for (uint32_t i = 0; i < 4; i++) {
        const __mmask64 used = (__mmask64)nnz_spread_mask(inside[i]) << i;
        first |= i < runs->first ? used : 0;
        second |= i < runs->first ? 0 : used;
        kept |= _pdep_u64(inside[i], 0x1111111111111111) << i;
    }
    const words16 words = w_join_runs(runs, _mm512_maskz_loadu_epi8(first, runs->x[0] + offset),
                                      _mm512_maskz_loadu_epi8(second, runs->x[1] + offset));
    return _mm512_mask_blend_epi8(kept, _mm512_set1_epi8(fill), words);
}

/* The words at x + 4 offset[i], all bytes `fill` where the mask has no bit. */
VECTOR_INLINE words16 w_load(const int8_t *x, const int32_t *offset, uint8_t step, uint32_t mask, int8_t fill) {
    const __m512i outside = _mm512_set1_epi8(fill);
    const __mmask16 inside = (__mmask16)mask;
    if (step == 1)
        return _mm512_mask_loadu_epi32(outside, inside, x + 4 * (ptrdiff_t)offset[0]);
    if (step == 2)
        return nnz_load_every_other(outside, inside, x + 4 * (ptrdiff_t)offset[0]);
    return _mm512_mask_i32gather_epi32(outside, inside, _mm512_loadu_si512(offset), x, 4);
}

#endif
