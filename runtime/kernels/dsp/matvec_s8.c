/* matvec_s8_* for the DSP extension: eight rows share each four columns of x. */
#include "dsp.h"

#ifdef NNZ_CORTEX_M_DSP

enum { ROWS = 8 };

typedef struct sums {
    int32_t row[ROWS];
} sums;

static inline sums begin(const nnz_matvec_s8 *a, uint32_t row, uint32_t n) {
    const int32_t *bias = a->bias + row;
    return (sums){{bias[0], n > 1 ? bias[1] : 0, n > 2 ? bias[2] : 0, n > 3 ? bias[3] : 0, n > 4 ? bias[4] : 0,
                   n > 5 ? bias[5] : 0, n > 6 ? bias[6] : 0, n > 7 ? bias[7] : 0}};
}

static inline int8_t finish_row(const nnz_matvec_s8 *a, uint32_t row, int32_t sum) {
    for (uint32_t i = a->shift; i; i--)
        sum = dsp_double(sum);
    return (int8_t)dsp_clamp(dsp_round(sum, a->multiplier[row], a->zero), a->lo, a->hi, dsp_is_narrow(a->lo, a->hi));
}

static inline void finish(const nnz_matvec_s8 *a, uint32_t row, uint32_t n, sums s) {
    for (uint32_t i = 0; i < n; i++)
        a->y[row + i] = finish_row(a, row + i, s.row[i]);
}

/* Adds the products of a row with four columns; returns the next row's weights. In assembler, for the compiler would
 * load all rows ahead and run out of registers. */
static inline const int8_t *multiply_row(int32_t *sum, const int8_t *w, dsp_four x) {
    int32_t even, odd;
    __asm("ldr %[odd], [%[w]], #4\n\t"
          "sxtb16 %[even], %[odd]\n\t"
          "sxtb16 %[odd], %[odd], ror #8\n\t"
          "smlad %[sum], %[even], %[x_even], %[sum]\n\t"
          "smlad %[sum], %[odd], %[x_odd], %[sum]"
          : [w] "+r"(w), [sum] "+r"(*sum), [even] "=&r"(even), [odd] "=&r"(odd)
          : [x_even] "r"(x.even), [x_odd] "r"(x.odd));
    return w;
}

/* The same for eight rows. */
static inline const int8_t *multiply(sums *s, const int8_t *w, const int8_t *x) {
    const dsp_four four = dsp_widen(dsp_load(x));
    w = multiply_row(&s->row[0], w, four);
    w = multiply_row(&s->row[1], w, four);
    w = multiply_row(&s->row[2], w, four);
    w = multiply_row(&s->row[3], w, four);
    w = multiply_row(&s->row[4], w, four);
    w = multiply_row(&s->row[5], w, four);
    w = multiply_row(&s->row[6], w, four);
    return multiply_row(&s->row[7], w, four);
}

void nnz_matvec_s8_dense_dsp(const nnz_matvec_s8 *a) {
    const int8_t *w = a->values + (size_t)a->row_begin / ROWS * a->units * 32;
    for (uint32_t r = a->row_begin; r < a->row_end; r += ROWS) {
        const uint32_t n = a->row_end - r < ROWS ? a->row_end - r : ROWS;
        sums s = begin(a, r, n);
        const int8_t *x = a->x;
        for (const int8_t *end = w + 32 * (size_t)a->units; w < end; x += 4)
            w = multiply(&s, w, x);
        finish(a, r, n, s);
    }
}

void nnz_matvec_s8_q8x4_dsp(const nnz_matvec_s8 *a) {
    for (uint32_t r = a->row_begin; r < a->row_end; r += ROWS) {
        const uint32_t n = a->row_end - r < ROWS ? a->row_end - r : ROWS;
        sums s = begin(a, r, n);
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            const int8_t *x = a->x + 4 * (size_t)kb * a->kblock, *w = a->values + 32 * (size_t)a->cursor[kb];
            const uint8_t *index = a->index + a->cursor[kb];
            a->cursor[kb] += a->count[(size_t)kb * a->groups + r / ROWS];
            for (const uint8_t *end = a->index + a->cursor[kb]; index < end;)
                w = multiply(&s, w, x + 4 * *index++);
        }
        finish(a, r, n, s);
    }
}

void nnz_matvec_s8_u1_dsp(const nnz_matvec_s8 *a) {
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        int32_t sum = a->bias[r];
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            const int8_t *x = a->x + (size_t)kb * a->kblock, *w = a->values + a->cursor[kb];
            const uint8_t *index = a->index + a->cursor[kb];
            a->cursor[kb] += a->count[(size_t)kb * a->groups + r];
            for (const uint8_t *end = a->index + a->cursor[kb]; index < end;)
                sum += *w++ * x[*index++];
        }
        a->y[r] = finish_row(a, r, sum);
    }
}

#endif
