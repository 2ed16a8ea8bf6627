/* matvec_s8_* for Helium: four units of x are multiplied by the weights of eight rows, which lie 32 bytes apart. */
#include "helium.h"

#ifdef NNZ_CORTEX_M_HELIUM

enum { ROWS = 8 };

static inline void begin(const nnz_matvec_s8 *a, uint32_t row, uint32_t n, int32_t sum[ROWS]) {
    for (uint32_t i = 0; i < ROWS; i++)
        sum[i] = i < n ? a->bias[row + i] : 0;
}

static inline void finish(const nnz_matvec_s8 *a, uint32_t row, uint32_t n, const int32_t sum[ROWS]) {
    for (uint32_t i = 0; i < n; i += 4) {
        const mve_pred16_t p = vctp32q(n - i);
        const int32x4_t multiplier = vldrwq_z_s32(a->multiplier + row + i, p);
        vstrbq_p_s32(a->y + row + i, helium_finish(vldrwq_s32(sum + i), multiplier, a->shift, a->zero, a->lo, a->hi),
                     p);
    }
}

/* Adds the products of eight rows with four units. */
static inline void multiply(int32_t sum[ROWS], const int8_t *w, int8x16_t x, mve_pred16_t p) {
    const uint32x4_t blocks = helium_steps(8);
    for (int i = 0; i < ROWS; i++)
        sum[i] = vmladavaq_s8(sum[i], helium_gather_words_z(w + 4 * i, blocks, p), x);
}

void nnz_matvec_s8_dense_helium(const nnz_matvec_s8 *a) {
    const int8_t *w = a->values + (size_t)a->row_begin / ROWS * a->units * 32;
    for (uint32_t r = a->row_begin; r < a->row_end; r += ROWS, w += 32 * (size_t)a->units) {
        const uint32_t n = a->row_end - r < ROWS ? a->row_end - r : ROWS;
        int32_t sum[ROWS];
        begin(a, r, n, sum);
        for (uint32_t u = 0; u < a->units; u += 4)
            multiply(sum, w + 32 * (size_t)u, vldrbq_z_s8(a->x + 4 * u, vctp8q(4 * (a->units - u))),
                     vctp32q(a->units - u));
        finish(a, r, n, sum);
    }
}

void nnz_matvec_s8_q8x4_helium(const nnz_matvec_s8 *a) {
    for (uint32_t r = a->row_begin; r < a->row_end; r += ROWS) {
        const uint32_t n = a->row_end - r < ROWS ? a->row_end - r : ROWS;
        int32_t sum[ROWS];
        begin(a, r, n, sum);
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            const int8_t *x = a->x + 4 * (size_t)kb * a->kblock;
            const uint32_t end = a->cursor[kb] + a->count[(size_t)kb * a->groups + r / ROWS];
            for (uint32_t i = a->cursor[kb]; i < end; i += 4) {
                const mve_pred16_t p = vctp32q(end - i);
                multiply(sum, a->values + 32 * (size_t)i, helium_gather_words_z(x, vldrbq_z_u32(a->index + i, p), p),
                         p);
            }
            a->cursor[kb] = end;
        }
        finish(a, r, n, sum);
    }
}

void nnz_matvec_s8_u1_helium(const nnz_matvec_s8 *a) {
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        int32_t sum[ROWS] = {a->bias[r]};
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            const int8_t *x = a->x + (size_t)kb * a->kblock;
            const uint32_t end = a->cursor[kb] + a->count[(size_t)kb * a->groups + r];
            for (uint32_t i = a->cursor[kb]; i < end; i += 16) {
                const mve_pred16_t p = vctp8q(end - i);
                const int8x16_t columns = vldrbq_gather_offset_z_s8(x, vldrbq_z_u8(a->index + i, p), p);
                sum[0] = vmladavaq_s8(sum[0], vldrbq_z_s8(a->values + i, p), columns);
            }
            a->cursor[kb] = end;
        }
        finish(a, r, 1, sum);
    }
}

#endif
