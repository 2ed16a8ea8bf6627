/*
 * Sixteen pixels at a time. Where the inputs of all of them are neighbours, a row is masked loads; else each sixteen is
 * put together from runs of inputs that are one or two apart, or gathered if those are many.
 */
#include "vector.h"

#ifdef NNZ_X86_64

/* Lanes of a vector whose inputs are equally far apart: lane i's is x[at + step i]. */
typedef struct run {
    int32_t at;
    uint32_t lanes; /* bit i, or with step 2 bit 2 i */
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
        p->run[p->runs - 1].lanes |= 1u << step * i;
    }
    return true;
}

static void describe(pixels *p, const int32_t *offset, uint32_t n) {
    if (!cut(p, offset, n, 1) && !cut(p, offset, n, 2))
        p->runs = 0;
}

NNZ_AVX512_INLINE __m512 load_pixels(const pixels *p, const int32_t *offset, uint16_t mask, const float *x) {
    const __m512 zero = _mm512_setzero_ps();
    __m512 y = zero;
    if (!p->runs)
        return _mm512_mask_i32gather_ps(zero, mask, _mm512_loadu_si512(offset), x, 4);
    if (p->step == 1) {
        for (uint32_t i = 0; i < p->runs; i++)
            y = _mm512_mask_loadu_ps(y, (__mmask16)(mask & p->run[i].lanes), x + p->run[i].at);
        return y;
    }
    const uint32_t spread = nnz_spread_mask(mask);
    for (uint32_t i = 0; i < p->runs; i++)
        y = _mm512_or_ps(y, _mm512_castsi512_ps(
                                nnz_load_spread(_mm512_setzero_si512(), spread & p->run[i].lanes, x + p->run[i].at)));
    return y;
}

/* A row of neighbours. The next tile's lie behind them: they are called for in time. */
NNZ_AVX512_INLINE void pack_neighbours(const nnz_pack_f32 *a, const float *x, const uint16_t *mask, float *y,
                                       const uint32_t vectors) {
    for (uint32_t v = 0; v < vectors; v++) {
        const float *from = x + a->offset[16 * v];
        _mm512_store_ps(y + 16 * v, _mm512_maskz_loadu_ps(mask[v], from));
        _mm_prefetch((const char *)(from + 16 * vectors), _MM_HINT_T1);
    }
}

/* A row of every other neighbour. */
NNZ_AVX512_INLINE void pack_every_other(const nnz_pack_f32 *a, const float *x, const uint16_t *mask, float *y,
                                        uint32_t vectors) {
    for (uint32_t v = 0; v < vectors; v++) {
        const float *from = x + a->offset[16 * v];
        const __m512i zero = _mm512_setzero_si512();
        const bool whole = mask[v] == 0xFFFF;
        _mm512_store_ps(y + 16 * v,
                        whole ? v_load_even(from) : _mm512_castsi512_ps(nnz_load_every_other(zero, mask[v], from)));
    }
}

NNZ_AVX512_INLINE void pack_runs(const nnz_pack_f32 *a, const pixels *p, const float *x, const uint16_t *mask, float *y,
                                 uint32_t vectors) {
    for (uint32_t v = 0; v < vectors; v++)
        _mm512_store_ps(y + 16 * v, load_pixels(p + v, a->offset + 16 * v, mask[v], x));
}

NNZ_AVX512 void nnz_pack_f32_avx512(const nnz_pack_f32 *a) {
    const uint32_t vectors = (a->pixels + 15) / 16;
    bool neighbours = true, every_other = true;
    for (uint32_t v = 0; v < vectors; v++) {
        neighbours = neighbours && a->step[v] == 1;
        every_other = every_other && a->step[v] == 2;
    }
    pixels p[NNZ_TILE_MAX / 16];
    for (uint32_t v = 0; v < vectors && !neighbours && !every_other; v++)
        describe(p + v, a->offset + 16 * v, a->pixels - 16 * v < 16 ? a->pixels - 16 * v : 16);

    uint32_t tap = a->first % a->taps;
    const float *channel = a->x + (a->first / a->taps) * a->channel_stride;
    float *y = a->y;
    for (uint32_t i = 0; i < a->rows; i++, y += a->ldy) {
        const float *x = channel + a->tap_offset[tap];
        const uint16_t *mask = a->mask + tap * a->mask_stride;
        if (every_other)
            pack_every_other(a, x, mask, y, vectors);
        else if (!neighbours)
            pack_runs(a, p, x, mask, y, vectors);
        else if (vectors == 4)
            pack_neighbours(a, x, mask, y, 4);
        else if (vectors == 5)
            pack_neighbours(a, x, mask, y, 5);
        else
            pack_neighbours(a, x, mask, y, vectors);
        if (++tap == a->taps) {
            tap = 0;
            channel += a->channel_stride;
        }
    }
}

#endif
