/* spmm_s8_* for Helium: four pixels share each load of weights. The pixels that a tile lacks to four read another one's
 * columns, and are not stored. */
#include "helium.h"

#ifdef NNZ_CORTEX_M_HELIUM

enum { PIXELS = 4 };

/* The sums of a row, its pixels' columns, and what they add to. Variables rather than arrays, which the compiler would
 * keep in memory. */
typedef struct sums {
    const int8_t *x0, *x1, *x2, *x3;
    int32_t sum0, sum1, sum2, sum3;
} sums;

static inline sums begin(const nnz_spmm_s8 *a, uint32_t pixel, int32_t bias) {
    const int8_t *x = (const int8_t *)a->x + 4 * (size_t)pixel * a->units;
    const uint32_t n = a->pixels - pixel, stride = 4 * a->units;
    return (sums){x,   n > 1 ? x + stride : x, n > 2 ? x + 2 * stride : x, n > 3 ? x + 3 * stride : x, bias, bias, bias,
                  bias};
}

/* Adds the products of weights with what the four pixels have there. */
static inline void add(sums *s, int8x16_t w, int8x16_t x0, int8x16_t x1, int8x16_t x2, int8x16_t x3) {
    s->sum0 = vmladavaq_s8(s->sum0, w, x0);
    s->sum1 = vmladavaq_s8(s->sum1, w, x1);
    s->sum2 = vmladavaq_s8(s->sum2, w, x2);
    s->sum3 = vmladavaq_s8(s->sum3, w, x3);
}

static inline void finish(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, const sums *s) {
    const int32_t sum[PIXELS] = {s->sum0, s->sum1, s->sum2, s->sum3};
    const int32x4_t y =
        helium_finish(vldrwq_s32(sum), vdupq_n_s32(a->multiplier[row]), a->shift, a->zero, a->lo, a->hi);
    vstrbq_scatter_offset_p_s32(a->y + row / 4 * a->ldy + 4 * pixel + row % 4, helium_steps(4), y,
                                vctp32q(a->pixels - pixel));
}

static inline void add_dense(const nnz_spmm_s8 *a, const int8_t *w, sums *s) {
    const uint32x4_t rows = helium_steps(8);
    uint32_t u = 0;
    for (; u + 4 <= a->units; u += 4, w += 128) {
        const int8x16_t weights = helium_gather_words(w, rows);
        add(s, weights, vldrbq_s8(s->x0 + 4 * u), vldrbq_s8(s->x1 + 4 * u), vldrbq_s8(s->x2 + 4 * u),
            vldrbq_s8(s->x3 + 4 * u));
    }
    if (u < a->units) {
        const mve_pred16_t p = vctp32q(a->units - u);
        const int8x16_t weights = helium_gather_words_z(w, rows, p);
        add(s, weights, vldrbq_z_s8(s->x0 + 4 * u, p), vldrbq_z_s8(s->x1 + 4 * u, p), vldrbq_z_s8(s->x2 + 4 * u, p),
            vldrbq_z_s8(s->x3 + 4 * u, p));
    }
}

void nnz_spmm_s8_dense_helium(const nnz_spmm_s8 *a) {
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        const int8_t *row = a->values + ((size_t)(r / 8) * a->units * 8 + r % 8) * 4;
        for (uint32_t pixel = 0; pixel < a->pixels; pixel += PIXELS) {
            sums s = begin(a, pixel, a->bias[r]);
            add_dense(a, row, &s);
            finish(a, r, pixel, &s);
        }
    }
}

static inline void add_q1x4(const nnz_spmm_s8 *a, uint32_t kb, uint32_t block, uint32_t n, sums *s) {
    const uint8_t *index = a->index + block;
    const int8_t *w = a->values + 4 * (size_t)block;
    const uint32_t first = kb * a->kblock;
    for (; n >= 4; n -= 4, index += 4, w += 16) {
        const int8x16_t weights = vldrbq_s8(w);
        const uint32x4_t unit = vaddq_n_u32(vldrbq_u32(index), first);
        add(s, weights, helium_gather_words(s->x0, unit), helium_gather_words(s->x1, unit),
            helium_gather_words(s->x2, unit), helium_gather_words(s->x3, unit));
    }
    if (n) {
        const mve_pred16_t p = vctp32q(n);
        const int8x16_t weights = vldrbq_z_s8(w, p);
        const uint32x4_t unit = vaddq_n_u32(vldrbq_z_u32(index, p), first);
        add(s, weights, helium_gather_words_z(s->x0, unit, p), helium_gather_words_z(s->x1, unit, p),
            helium_gather_words_z(s->x2, unit, p), helium_gather_words_z(s->x3, unit, p));
    }
}

static inline void add_u1(const nnz_spmm_s8 *a, uint32_t kb, uint32_t block, uint32_t n, sums *s) {
    const uint8_t *index = a->index + block;
    const int8_t *w = a->values + block;
    const uint32_t first = kb * a->kblock;
    for (; n >= 16; n -= 16, index += 16, w += 16) {
        const int8x16_t weights = vldrbq_s8(w);
        const uint8x16_t column = vldrbq_u8(index);
        add(s, weights, vldrbq_gather_offset_s8(s->x0 + first, column), vldrbq_gather_offset_s8(s->x1 + first, column),
            vldrbq_gather_offset_s8(s->x2 + first, column), vldrbq_gather_offset_s8(s->x3 + first, column));
    }
    if (n) {
        const mve_pred16_t p = vctp8q(n);
        const int8x16_t weights = vldrbq_z_s8(w, p);
        const uint8x16_t column = vldrbq_z_u8(index, p);
        add(s, weights, vldrbq_gather_offset_z_s8(s->x0 + first, column, p),
            vldrbq_gather_offset_z_s8(s->x1 + first, column, p), vldrbq_gather_offset_z_s8(s->x2 + first, column, p),
            vldrbq_gather_offset_z_s8(s->x3 + first, column, p));
    }
}

static inline void spmm_blocks(const nnz_spmm_s8 *a, void (*add_row)(const nnz_spmm_s8 *a, uint32_t kb, uint32_t block,
                                                                     uint32_t n, sums *s)) {
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        const uint16_t *count = a->count + r;
        for (uint32_t pixel = 0; pixel < a->pixels; pixel += PIXELS) {
            sums s = begin(a, pixel, a->bias[r]);
            for (uint32_t kb = 0; kb < a->kblocks; kb++)
                add_row(a, kb, a->cursor[kb], count[(size_t)kb * a->groups], &s);
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
