/* lut_s8 for NEON: each part of the table is looked up in turn. The index lies in one of them; where it lies outside,
 * TBX leaves the result as it is. */
#include "neon.h"

#ifdef NNZ_AARCH64

NNZ_NEON void nnz_lut_s8_neon(const int8_t table[256], const int8_t *x, int8_t *y, size_t n) {
    int8x16x4_t rows[4];
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            rows[i].val[j] = vld1q_s8(table + 64 * i + 16 * j);
    const uint8x16_t next = vdupq_n_u8(64);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        uint8x16_t at = veorq_u8(vreinterpretq_u8_s8(vld1q_s8(x + i)), vdupq_n_u8(128));
        int8x16_t found = vqtbl4q_s8(rows[0], at);
        for (int row = 1; row < 4; row++) {
            at = vsubq_u8(at, next);
            found = vqtbx4q_s8(found, rows[row], at);
        }
        vst1q_s8(y + i, found);
    }
    nnz_lut_s8_scalar(table, x + i, y + i, n - i);
}

#elif defined(NNZ_ARM_NEON)

/* The table would fill all registers: eight vectors share each load of a part of it. */
NNZ_NEON void nnz_lut_s8_neon(const int8_t table[256], const int8_t *x, int8_t *y, size_t n) {
    enum { VECTORS = 8, BYTES = 8 * VECTORS };
    const uint8x8_t next = vdup_n_u8(32);
    size_t i = 0;
    for (; i + BYTES <= n; i += BYTES) {
        uint8x8_t at[VECTORS];
        int8x8_t found[VECTORS];
        for (int k = 0; k < VECTORS; k++) {
            at[k] = veor_u8(vreinterpret_u8_s8(vld1_s8(x + i + 8 * k)), vdup_n_u8(128));
            found[k] = vdup_n_s8(0);
        }
#pragma GCC unroll 1
        for (const int8_t *row = table; row < table + 256; row += 32) {
            const int8x8x4_t part = {{vld1_s8(row), vld1_s8(row + 8), vld1_s8(row + 16), vld1_s8(row + 24)}};
            for (int k = 0; k < VECTORS; k++) {
                found[k] = vtbx4_s8(found[k], part, vreinterpret_s8_u8(at[k]));
                at[k] = vsub_u8(at[k], next);
            }
        }
        for (int k = 0; k < VECTORS; k++)
            vst1_s8(y + i + 8 * k, found[k]);
    }
    nnz_lut_s8_scalar(table, x + i, y + i, n - i);
}

#endif
