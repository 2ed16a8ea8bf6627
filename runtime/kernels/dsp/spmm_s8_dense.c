/* spmm_s8_dense for the DSP extension. */
#include "spmm_s8.h"

#ifdef NNZ_CORTEX_M_DSP

/* A unit of four columns times four pixels: a load brings two pixels, a weight is multiplied by four. */
#define DSP_DENSE                                                                                                      \
    "ldr %[odd], [%[w]], #32\n\t"                                                                                      \
    "sxtb16 %[even], %[odd]\n\t"                                                                                       \
    "sxtb16 %[odd], %[odd], ror #8\n\t"                                                                                \
    "ldm %[x]!, {r3-r6}\n\t"                                                                                           \
    "smlad %[s0], r3, %[even], %[s0]\n\t"                                                                              \
    "smlad %[s1], r5, %[even], %[s1]\n\t"                                                                              \
    "smlad %[s0], r4, %[odd], %[s0]\n\t"                                                                               \
    "smlad %[s1], r6, %[odd], %[s1]\n\t"                                                                               \
    "ldm %[x]!, {r3-r6}\n\t"                                                                                           \
    "smlad %[s2], r3, %[even], %[s2]\n\t"                                                                              \
    "smlad %[s3], r5, %[even], %[s3]\n\t"                                                                              \
    "smlad %[s2], r4, %[odd], %[s2]\n\t"                                                                               \
    "smlad %[s3], r6, %[odd], %[s3]\n\t"

/* The sums of a row over `units` units. In assembler, for no compiler gets by with the registers. Two units a turn, of
 * an odd number the first alone. */
static inline dsp_sums add_row(dsp_sums s, const int8_t *w, const dsp_unit *x, uint32_t units) {
    const dsp_unit *const end = x + units;
    int32_t even = (int32_t)units, odd;
    __asm("lsrs %[even], %[even], #1\n\t"
          "bcs 2f\n\t"
          "1: " DSP_DENSE "2: " DSP_DENSE "cmp %[x], %[end]\n\t"
          "bne 1b"
          : [s0] "+r"(s.pixel[0]), [s1] "+r"(s.pixel[1]), [s2] "+r"(s.pixel[2]), [s3] "+r"(s.pixel[3]), [w] "+r"(w),
            [x] "+r"(x), [even] "+r"(even), [odd] "=&r"(odd)
          : [end] "r"(end)
          : "r3", "r4", "r5", "r6", "cc");
    return s;
}

void nnz_spmm_s8_dense_dsp(const nnz_spmm_s8 *a) {
    const uint32_t units = a->units, pixels = a->pixels;
    for (uint32_t r = a->row_begin; r < a->row_end; r++) {
        const dsp_row row = dsp_row_of(a, r);
        const dsp_unit *x = (const dsp_unit *)a->x;
        const int8_t *w = a->values + ((size_t)(r / 8) * units * 8 + r % 8) * 4;
        int8_t *y = row.y;
        for (uint32_t pixel = 0; pixel < pixels; pixel += DSP_PIXELS, x += units)
            y = dsp_finish(&row, y, add_row(dsp_begin(row.bias), w, x, units), pixels - pixel);
    }
}

#endif
