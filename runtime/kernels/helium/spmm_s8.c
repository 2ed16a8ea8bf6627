/* spmm_s8_* for Helium: four pixels share each load of weights. The pixels that a tile lacks to four read another one's
 * columns, and are not stored. */
#include "helium.h"

#ifdef NNZ_CORTEX_M_HELIUM

enum { PIXELS = 4 };

/* The sums of a row: its pixels' columns, and what they add to. */
typedef struct sums {
    const int8_t *x[PIXELS];
    int32_t sum[PIXELS];
} sums;

static inline sums begin(const nnz_spmm_s8 *a, uint32_t pixel, int32_t bias) {
    const int8_t *x = (const int8_t *)a->x + 4 * (size_t)pixel * a->units;
    const uint32_t n = a->pixels - pixel, stride = 4 * a->units;
    return (sums){{x, n > 1 ? x + stride : x, n > 2 ? x + 2 * stride : x, n > 3 ? x + 3 * stride : x},
                  {bias, bias, bias, bias}};
}

static inline void finish(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, const sums *s) {
    const int32x4_t y =
        helium_finish(vldrwq_s32(s->sum), vdupq_n_s32(a->multiplier[row]), a->shift, a->zero, a->lo, a->hi);
    vstrbq_scatter_offset_p_s32(a->y + row / 4 * a->ldy + 4 * pixel + row % 4, helium_steps(4), y,
                                vctp32q(a->pixels - pixel));
}

/* Four blocks of four columns, at the units in `unit`. */
static inline void add_words(sums *s, int8x16_t w, uint32x4_t unit, mve_pred16_t p) {
    for (int i = 0; i < PIXELS; i++)
        s->sum[i] = vmladavaq_s8(s->sum[i], w, helium_gather_words(s->x[i], unit, p));
}

void nnz_spmm_s8_dense_helium(const nnz_spmm_s8 *a) {
    const uint32x4_t rows = helium_steps(8);
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        const int8_t *row = a->values + ((size_t)(r / 8) * a->units * 8 + r % 8) * 4;
        for (uint32_t pixel = 0; pixel < a->pixels; pixel += PIXELS) {
            sums s = begin(a, pixel, a->bias[r]);
            const int8_t *w = row;
            for (uint32_t u = 0; u < a->units; u += 4, w += 128) {
                const mve_pred16_t p = vctp32q(a->units - u), bytes = vctp8q(4 * (a->units - u));
                const int8x16_t weights = helium_gather_words(w, rows, p);
                for (int i = 0; i < PIXELS; i++)
                    s.sum[i] = vmladavaq_s8(s.sum[i], weights, vldrbq_z_s8(s.x[i] + 4 * u, bytes));
            }
            finish(a, r, pixel, &s);
        }
    }
}

static inline void add_q1x4(const nnz_spmm_s8 *a, uint32_t kb, uint32_t block, uint32_t n, sums *s) {
    const uint8_t *index = a->index + block;
    const int8_t *w = a->values + 4 * (size_t)block;
    for (uint32_t i = 0; i < n; i += 4, index += 4, w += 16) {
        const mve_pred16_t p = vctp32q(n - i);
        const uint32x4_t unit = vaddq_n_u32(vldrbq_z_u32(index, p), kb * a->kblock);
        add_words(s, vldrbq_z_s8(w, vctp8q(4 * (n - i))), unit, p);
    }
}

static inline void add_u1(const nnz_spmm_s8 *a, uint32_t kb, uint32_t block, uint32_t n, sums *s) {
    const uint8_t *index = a->index + block;
    const int8_t *w = a->values + block;
    for (uint32_t i = 0; i < n; i += 16, index += 16, w += 16) {
        const mve_pred16_t p = vctp8q(n - i);
        const int8x16_t weights = vldrbq_z_s8(w, p);
        const uint8x16_t column = vldrbq_z_u8(index, p);
        for (int k = 0; k < PIXELS; k++)
            s->sum[k] =
                vmladavaq_s8(s->sum[k], weights, vldrbq_gather_offset_z_s8(s->x[k] + kb * a->kblock, column, p));
    }
}

static inline void spmm_blocks(const nnz_spmm_s8 *a,
                               void (*add)(const nnz_spmm_s8 *a, uint32_t kb, uint32_t block, uint32_t n, sums *s)) {
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        const uint16_t *count = a->count + r;
        for (uint32_t pixel = 0; pixel < a->pixels; pixel += PIXELS) {
            sums s = begin(a, pixel, a->bias[r]);
            for (uint32_t kb = 0; kb < a->kblocks; kb++)
                add(a, kb, a->cursor[kb], count[(size_t)kb * a->groups], &s);
            finish(a, r, pixel, &s);
        }
        for (uint32_t kb = 0; kb < a->kblocks; kb++)
            a->cursor[kb] += count[(size_t)kb * a->groups];
    }
}

void nnz_spmm_s8_q1x4_helium(const nnz_spmm_s8 *a) {
    spmm_blocks(a, add_q1x4);
}

void nnz_spmm_s8_u1_helium(const nnz_spmm_s8 *a) {
    spmm_blocks(a, add_u1);
}

#endif
