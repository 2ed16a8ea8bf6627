/* A table of 256 bytes in four registers, with AVX-512 VBMI, which most CPUs with VNNI have; the first ones lack it. */
#ifndef NNZ_AVX512VNNI_LOOK_UP_H
#define NNZ_AVX512VNNI_LOOK_UP_H

#include "../avx512/avx512.h"

#ifdef NNZ_X86_64

#define VBMI        __attribute__((target("avx2,bmi2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")))
#define VBMI_INLINE static inline __attribute__((always_inline)) VBMI

typedef struct byte_table {
    __m512i rows[4];
} byte_table;

VBMI_INLINE byte_table load_table(const int8_t table[256]) {
    byte_table t;
    for (int i = 0; i < 4; i++)
        t.rows[i] = _mm512_loadu_si512(table + 64 * i);
    return t;
}

/* VPERMI2B looks up 64 bytes among 128: two of them and a choice by the sign are the table. */
VBMI_INLINE __m512i look_up(const byte_table *t, __m512i x) {
    /* The index is x + 128: where x is negative, its lowest seven bits count from the table's start. */
    const __m512i negative = _mm512_permutex2var_epi8(t->rows[0], x, t->rows[1]);
    const __m512i positive = _mm512_permutex2var_epi8(t->rows[2], x, t->rows[3]);
    return _mm512_mask_mov_epi8(positive, _mm512_movepi8_mask(x), negative);
}

#endif

#endif
