/*
 * Sixteen pixels at a time, put together by masked loads from runs of inputs that are one or two apart, or gathered if
 * those are many.
 */
#include "../tap_rows.h"
#include "vector.h"

#ifdef NNZ_X86_64

/* Lanes of a vector whose inputs are equally far apart: lane i's is x[at + step i]. */
typedef struct run {
    int32_t at;
    uint16_t lanes;
} run;

/* Sixteen pixels as up to RUNS runs; none: they are gathered. */
enum { RUNS = 4 };
typedef struct pixels {
    uint32_t step, runs;
    run run[RUNS];
} pixels;

/* Cuts the `n` pixels at `offset` into runs of inputs `step` apart; false if there are too many. */
static bool cut(pixels *p, const int32_t *offset, uint32_t n, uint32_t step) {
    *p = (pixels){.step = step};
    for (uint32_t i = 0; i < n; i++) {
        const int32_t at = offset[i] - (int32_t)(step * i);
        if (!p->runs || p->run[p->runs - 1].at != at) {
            if (p->runs == RUNS)
                return false;
            p->run[p->runs++] = (run){.at = at};
        }
        p->run[p->runs - 1].lanes |= (uint16_t)(1u << i);
    }
    return true;
}

static void describe(pixels *p, const int32_t *offset, uint32_t n, uint32_t step) {
    if (step)
        *p = (pixels){.step = step, .runs = 1, .run = {{offset[0], 0xFFFF}}};
    else if (!cut(p, offset, n, 1) && !cut(p, offset, n, 2))
        p->runs = 0;
}

/* Those lanes of N runs that `mask` has, for all rows; the others are 0. */
NNZ_AVX512_INLINE void pack_runs(tap_rows r, const pixels *p, uint32_t mask, const int N, const bool every_other) {
    const __m512i evens = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    __mmask16 low[RUNS], high[RUNS];
    const float *x[RUNS];
    for (int i = 0; i < N; i++) {
        const uint32_t lanes = mask & p->run[i].lanes, inputs = every_other ? nnz_spread_mask(lanes) : lanes;
        low[i] = (__mmask16)inputs;
        high[i] = (__mmask16)(inputs >> 16);
        x[i] = r.x + p->run[i].at;
    }
    for (size_t at = 0; r.count; r.count--, at += r.x_step, r.y += r.y_step) {
        __m512 first = _mm512_setzero_ps(), second = first;
        for (int i = 0; i < N; i++)
            first = _mm512_mask_loadu_ps(first, low[i], x[i] + at);
        for (int i = 0; i < N && every_other; i++)
            second = _mm512_mask_loadu_ps(second, high[i], x[i] + at + LANES);
        _mm512_store_ps(r.y, every_other ? _mm512_permutex2var_ps(first, evens, second) : first);
    }
}

NNZ_AVX512_INLINE void pack_gathered(tap_rows r, const int32_t *offset, __mmask16 mask) {
    const __m512i at = _mm512_loadu_si512(offset);
    for (; r.count; r.count--, r.x += r.x_step, r.y += r.y_step)
        _mm512_store_ps(r.y, _mm512_mask_i32gather_ps(_mm512_setzero_ps(), mask, at, r.x, 4));
}

NNZ_AVX512_INLINE void pack_step(tap_rows r, const pixels *p, uint32_t mask, const bool every_other) {
    switch (p->runs) {
    case 1:
        pack_runs(r, p, mask, 1, every_other);
        break;
    case 2:
        pack_runs(r, p, mask, 2, every_other);
        break;
    case 3:
        pack_runs(r, p, mask, 3, every_other);
        break;
    default:
        pack_runs(r, p, mask, RUNS, every_other);
        break;
    }
}

NNZ_AVX512_INLINE void pack_sixteen(tap_rows r, const pixels *p, const int32_t *offset, uint32_t mask) {
    if (!p->runs)
        pack_gathered(r, offset, (__mmask16)mask);
    else if (p->step == 1)
        pack_step(r, p, mask, false);
    else
        pack_step(r, p, mask, true);
}

#include "../vector/pack_f32.h"

#endif
