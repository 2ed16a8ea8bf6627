/*
 * A table of 256 bytes in four registers, with AVX-512 VBMI, which most CPUs with VNNI have; the first ones lack it.
 * VPERMI2B looks up 64 bytes among 128: two of them, and a choice by the highest bit of the index, are the table.
 */
#ifndef NNZ_AVX512VNNI_LOOK_UP_H
#define NNZ_AVX512VNNI_LOOK_UP_H

#include "../avx512/avx512.h"

#ifdef NNZ_X86_64

#define VBMI        __attribute__((target("avx2,bmi2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi")))
#define VBMI_INLINE static inline __attribute__((always_inline)) VBMI

typedef struct byte_table {
    __m512i rows[4];
} byte_table;

/* A table whose entry i is for the int8 i - 128: by the bits of that, its second half comes first. */
VBMI_INLINE byte_table load_table(const int8_t table[256]) {
    byte_table t;
    for (int i = 0; i < 4; i++)
        t.rows[i] = _mm512_loadu_si512(table + 64 * (i ^ 2));
    return t;
}

/* The entries of 64 indices, unsigned bytes. */
VBMI_INLINE __m512i look_up(const byte_table *t, __m512i index) {
    const __m512i low = _mm512_permutex2var_epi8(t->rows[0], index, t->rows[1]);
    const __m512i high = _mm512_permutex2var_epi8(t->rows[2], index, t->rows[3]);
    return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(index), high);
}

#endif

#endif
