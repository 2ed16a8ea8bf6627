/* spmm_s8_q1x4 and spmm_s8_u1 for the DSP extension. */
#include "spmm_s8.h"

#ifdef NNZ_CORTEX_M_DSP

/* The blocks of a row in a K-block: `n` of them, whose index counts from column unit `first` on. */
typedef struct blocks {
    const uint8_t *index;
    const int8_t *values;
    uint32_t n, first;
} blocks;

DSP_INLINE blocks blocks_of(const nnz_spmm_s8 *a, uint32_t row, uint32_t kb, uint32_t width) {
    const uint32_t at = a->cursor[kb];
    return (blocks){a->index + at, a->values + (size_t)at * width, a->count[(size_t)kb * a->groups + row],
                    kb * a->kblock};
}

/* Adds the products of blocks with the four pixels from x on. */
typedef dsp_sums add_blocks(blocks b, const dsp_unit *x, dsp_sums s);

/* A block of four columns times four pixels, of which a load brings two. */
#define DSP_Q1X4                                                                                                       \
    "ldrb %[unit], [%[index]], #1\n\t"                                                                                 \
    "add %[unit], %[x], %[unit], lsl #5\n\t"                                                                           \
    "ldr %[odd], [%[w]], #4\n\t"                                                                                       \
    "sxtb16 %[even], %[odd]\n\t"                                                                                       \
    "sxtb16 %[odd], %[odd], ror #8\n\t"                                                                                \
    "ldm %[unit]!, {r8-r11}\n\t"                                                                                       \
    "smlad %[s0], r8, %[even], %[s0]\n\t"                                                                              \
    "smlad %[s1], r10, %[even], %[s1]\n\t"                                                                             \
    "smlad %[s0], r9, %[odd], %[s0]\n\t"                                                                               \
    "smlad %[s1], r11, %[odd], %[s1]\n\t"                                                                              \
    "ldm %[unit], {r8-r11}\n\t"                                                                                        \
    "smlad %[s2], r8, %[even], %[s2]\n\t"                                                                              \
    "smlad %[s3], r10, %[even], %[s3]\n\t"                                                                             \
    "smlad %[s2], r9, %[odd], %[s2]\n\t"                                                                               \
    "smlad %[s3], r11, %[odd], %[s3]\n\t"

/* In assembler, for no compiler gets by with the registers: the end of the loop is in memory, and pixels lie in high
 * registers, as GCC needs the low ones to fill the rest. Two blocks a turn, of an odd number the first alone. */
DSP_INLINE dsp_sums add_q1x4(blocks b, const dsp_unit *x, dsp_sums s) {
    const uint8_t *index = b.index, *const end = index + b.n;
    const int8_t *w = b.values;
    int32_t unit = (int32_t)b.n, even, odd;
    if (b.n)
        __asm("lsrs %[unit], %[unit], #1\n\t"
              "bcs 2f\n\t"
              "1: " DSP_Q1X4 "2: " DSP_Q1X4 "ldr %[unit], %[end]\n\t"
              "cmp %[index], %[unit]\n\t"
              "bne 1b"
              : [s0] "+r"(s.pixel[0]), [s1] "+r"(s.pixel[1]), [s2] "+r"(s.pixel[2]), [s3] "+r"(s.pixel[3]),
                [index] "+r"(index), [w] "+r"(w), [unit] "+r"(unit), [even] "=&r"(even), [odd] "=&r"(odd)
              : [x] "r"(x + b.first), [end] "m"(end)
              : "r8", "r9", "r10", "r11", "cc");
    return s;
}

/* Elements 0, 2, 1, 3 of a cell are the columns of its unit. */
DSP_INLINE dsp_sums add_u1(blocks b, const dsp_unit *x, dsp_sums s) {
    for (const uint8_t *end = b.index + b.n; b.index < end;) {
        const uint32_t column = b.first + *b.index++;
        const int16_t *element = (const int16_t *)(x + column / 4) + (column % 2 * 2 + column / 2 % 2);
        const int32_t w = *b.values++;
        s.pixel[0] += w * element[0];
        s.pixel[1] += w * element[4];
        s.pixel[2] += w * element[8];
        s.pixel[3] += w * element[12];
    }
    return s;
}

DSP_INLINE void spmm_blocks(const nnz_spmm_s8 *a, uint32_t width, add_blocks *add) {
    const uint32_t units = a->units, pixels = a->pixels, kblocks = a->kblocks;
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        const dsp_row row = dsp_row_of(a, r);
        const blocks first = blocks_of(a, r, 0, width);
        const dsp_unit *x = (const dsp_unit *)a->x;
        int8_t *y = row.y;
        for (uint32_t pixel = 0; pixel < pixels; pixel += DSP_PIXELS, x += units) {
            dsp_sums sums = dsp_begin(row.bias);
            blocks next = first;
            for (uint32_t kb = 1;; kb++) {
                sums = add(next, x, sums);
                if (kb == kblocks)
                    break;
                next = blocks_of(a, r, kb, width);
            }
            y = dsp_finish(&row, y, sums, pixels - pixel);
        }
        for (uint32_t kb = 0; kb < kblocks; kb++)
            a->cursor[kb] += a->count[(size_t)kb * a->groups + r];
    }
}

void nnz_spmm_s8_q1x4_dsp(const nnz_spmm_s8 *a) {
    spmm_blocks(a, 4, add_q1x4);
}

void nnz_spmm_s8_u1_dsp(const nnz_spmm_s8 *a) {
    spmm_blocks(a, 1, add_u1);
}

#endif
