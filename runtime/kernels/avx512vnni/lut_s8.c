/* lut_s8 with AVX-512 VBMI, where the CPU has it. */
#include "look_up.h"

#ifdef NNZ_X86_64

VBMI static void lut_s8_vbmi(const int8_t table[256], const int8_t *x, int8_t *y, size_t n) {
    const byte_table t = load_table(table);
    size_t i = 0;
    for (; i + 64 <= n; i += 64)
        _mm512_storeu_si512(y + i, look_up(&t, _mm512_loadu_si512(x + i)));
    if (i < n) {
        const __mmask64 mask = ((__mmask64)1 << (n - i)) - 1;
        _mm512_mask_storeu_epi8(y + i, mask, look_up(&t, _mm512_maskz_loadu_epi8(mask, x + i)));
    }
}

void nnz_lut_s8_avx512vnni(const int8_t table[256], const int8_t *x, int8_t *y, size_t n) {
    if (nnz_cpu_has_vbmi())
        lut_s8_vbmi(table, x, y, n);
    else
        nnz_lut_s8_avx512(table, x, y, n);
}

#endif
