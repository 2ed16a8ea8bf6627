/* add_s8 for the DSP extension: four elements a turn. */
#include "dsp.h"

#ifdef NNZ_CORTEX_M_DSP

/* What all elements share; a copy, which stores of results cannot change. */
typedef struct settings {
    int32_t multiplier_a, multiplier_b, constant, lo, hi;
    uint32_t shift;
    bool narrow;
} settings;

static inline int32_t add(const settings *s, int32_t x, int32_t y) {
    const int32_t sum = s->constant + x * s->multiplier_a + y * s->multiplier_b;
    return dsp_clamp(sum >> s->shift, s->lo, s->hi, s->narrow);
}

DSP_INLINE void add_all(const nnz_add_s8 *a, const bool narrow) {
    const settings s = {a->multiplier_a, a->multiplier_b, a->constant, a->lo, a->hi, a->shift, narrow};
    const int8_t *x = a->a, *y = a->b, *const end = x + a->n;
    int8_t *to = a->y;
    for (; end - x >= 4; x += 4, y += 4, to += 4) {
        const dsp_four p = dsp_widen(dsp_load(x)), q = dsp_widen(dsp_load(y));
        const uint32_t word =
            dsp_bytes(add(&s, (int16_t)p.even, (int16_t)q.even), add(&s, (int16_t)p.odd, (int16_t)q.odd),
                      add(&s, p.even >> 16, q.even >> 16), add(&s, p.odd >> 16, q.odd >> 16));
        memcpy(to, &word, sizeof word);
    }
    while (x < end)
        *to++ = (int8_t)add(&s, *x++, *y++);
}

void nnz_add_s8_dsp(const nnz_add_s8 *a) {
    if (dsp_is_narrow(a->lo, a->hi))
        add_all(a, true);
    else
        add_all(a, false);
}

#endif
