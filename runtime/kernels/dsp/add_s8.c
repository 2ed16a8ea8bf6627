/* add_s8 for the DSP extension: four elements a turn. */
#include "../../src/requantize.h"
#include "dsp.h"

#ifdef NNZ_CORTEX_M_DSP

static inline int32_t add(const nnz_add_s8 *a, int32_t x, int32_t y) {
    return dsp_clamp((x * a->multiplier_a + y * a->multiplier_b + a->constant) >> a->shift, a->lo, a->hi, true);
}

/* The bytes 0 and 2, or 1 and 3, of four results. */
static inline uint32_t add_pair(const nnz_add_s8 *a, int16x2_t x, int16x2_t y) {
    const int32_t low = add(a, (int16_t)x, (int16_t)y), high = add(a, x >> 16, y >> 16);
    return (uint32_t)(low & 0xFF) | (uint32_t)(high & 0xFF) << 16;
}

void nnz_add_s8_dsp(const nnz_add_s8 *a) {
    size_t i = 0;
    for (; i + 4 <= a->n; i += 4) {
        const dsp_four x = dsp_widen(dsp_load(a->a + i)), y = dsp_widen(dsp_load(a->b + i));
        const uint32_t sums = add_pair(a, x.even, y.even) | add_pair(a, x.odd, y.odd) << 8;
        memcpy(a->y + i, &sums, sizeof sums);
    }
    for (; i < a->n; i++)
        a->y[i] = (int8_t)add(a, a->a[i], a->b[i]);
}

#endif
