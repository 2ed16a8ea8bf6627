/* lut_s8 for AArch64: four lookups among 64 bytes each, of which the index lies in one; the others leave what is there.
 */
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

#endif
