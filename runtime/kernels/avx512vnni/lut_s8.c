/*
 * lut_s8 with AVX-512 VBMI, which most CPUs with VNNI have: VPERMI2B looks up 64 bytes among 128, so that two of them
 * and a choice by the sign are the table. The first CPUs with VNNI lack it.
 */
#include "../avx512/avx512.h"

#ifdef NNZ_X86_64

#define VBMI_TARGET target("avx2,bmi2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")

static inline __attribute__((always_inline, VBMI_TARGET)) __m512i look_up(const __m512i rows[4], __m512i x) {
    /* The index is x + 128: where x is negative, its lowest seven bits count from the table's start. */
    const __m512i negative = _mm512_permutex2var_epi8(rows[0], x, rows[1]);
    const __m512i positive = _mm512_permutex2var_epi8(rows[2], x, rows[3]);
    return _mm512_mask_mov_epi8(positive, _mm512_movepi8_mask(x), negative);
}

__attribute__((VBMI_TARGET)) static void lut_s8_vbmi(const int8_t table[256], const int8_t *x, int8_t *y, size_t n) {
    __m512i rows[4];
    for (int i = 0; i < 4; i++)
        rows[i] = _mm512_loadu_si512(table + 64 * i);
    size_t i = 0;
    for (; i + 64 <= n; i += 64)
        _mm512_storeu_si512(y + i, look_up(rows, _mm512_loadu_si512(x + i)));
    if (i < n) {
        const __mmask64 mask = ((__mmask64)1 << (n - i)) - 1;
        _mm512_mask_storeu_epi8(y + i, mask, look_up(rows, _mm512_maskz_loadu_epi8(mask, x + i)));
    }
}

void nnz_lut_s8_avx512vnni(const int8_t table[256], const int8_t *x, int8_t *y, size_t n) {
    if (nnz_cpu_has_vbmi())
        lut_s8_vbmi(table, x, y, n);
    else
        nnz_lut_s8_avx512(table, x, y, n);
}

#endif
