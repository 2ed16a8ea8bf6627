/*
 * Eight pixels at a time: loads where their inputs are neighbours or every other one, else a masked gather.
 */
#include "../tap_rows.h"
#include "vector.h"

#ifdef NNZ_X86_64

enum { NEIGHBOURS, SOME_NEIGHBOURS, EVERY_OTHER, SOME_EVERY_OTHER, GATHERED };

/* Where eight pixels find their inputs in a channel. */
typedef struct eight {
    int how;
    int32_t at;     /* of the first one */
    vinside inside; /* lanes that are in x, not for a gather */
    __m256i offset, lanes;
} eight;

/* The low eight bits as lanes of all ones or zeros. */
NNZ_AVX2_INLINE __m256i lanes_of_bits(uint32_t bits) {
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)bits), lane), lane);
}

/* What is between the inputs of `n` neighbouring pixels, if it is 1 or 2 between all of them, else 0. */
static uint32_t step_of(const int32_t *offset, int32_t n) {
    const int32_t step = n > 1 ? offset[1] - offset[0] : 1;
    for (int32_t i = 1; i < n; i++)
        if (offset[i] != offset[0] + step * i)
            return 0;
    return step == 1 || step == 2 ? (uint32_t)step : 0;
}

NNZ_AVX2_INLINE eight find_eight(const int32_t *offset, uint32_t step, uint32_t bits) {
    eight e = {.at = offset[0]};
    if (step && bits == 0xFF) {
        e.how = step == 1 ? NEIGHBOURS : EVERY_OTHER;
        return e;
    }
    e.how = step == 1 ? SOME_NEIGHBOURS : step == 2 ? SOME_EVERY_OTHER : GATHERED;
    e.lanes = lanes_of_bits(bits);
    e.inside = v_inside_lanes(step, e.lanes);
    e.offset = _mm256_loadu_si256((const void *)offset);
    return e;
}

NNZ_AVX2_INLINE __m256 load_eight(const eight *e, const float *x, const int how) {
    switch (how) {
    case NEIGHBOURS:
        return v_load(x + e->at);
    case SOME_NEIGHBOURS:
        return v_load_lanes(x + e->at, 1, e->inside);
    case EVERY_OTHER:
        return v_load_even(x + e->at);
    case SOME_EVERY_OTHER:
        return v_load_lanes(x + e->at, 2, e->inside);
    default:
        return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), x, e->offset, _mm256_castsi256_ps(e->lanes), 4);
    }
}

/* Pixels of all rows in `count` eights that are found in the same way. */
NNZ_AVX2_INLINE void pack_rows(tap_rows r, const eight *eights, const int count, const int how) {
    const eight first = eights[0], second = eights[count - 1]; /* nothing that is stored changes them */
    for (size_t i = 0; i < r.count; i++, r.x += r.x_step, r.y += r.y_step) {
        _mm256_store_ps(r.y, load_eight(&first, r.x, how));
        if (count > 1)
            _mm256_store_ps(r.y + 8, load_eight(&second, r.x, how));
    }
}

NNZ_AVX2_INLINE void pack_eights(tap_rows r, const eight *eights, const int count) {
    switch (eights->how) {
    case NEIGHBOURS:
        pack_rows(r, eights, count, NEIGHBOURS);
        break;
    case SOME_NEIGHBOURS:
        pack_rows(r, eights, count, SOME_NEIGHBOURS);
        break;
    case EVERY_OTHER:
        pack_rows(r, eights, count, EVERY_OTHER);
        break;
    case SOME_EVERY_OTHER:
        pack_rows(r, eights, count, SOME_EVERY_OTHER);
        break;
    default:
        pack_rows(r, eights, count, GATHERED);
        break;
    }
}

/* What lies between the inputs of each eight. */
typedef struct pixels {
    uint32_t step[2];
} pixels;

NNZ_AVX2_INLINE void describe(pixels *p, const int32_t *offset, uint32_t n, uint32_t step) {
    p->step[0] = step ? step : step_of(offset, n < 8 ? (int32_t)n : 8);
    p->step[1] = step ? step : step_of(offset + 8, (int32_t)n - 8);
}

NNZ_AVX2_INLINE void pack_sixteen(tap_rows r, const pixels *p, const int32_t *offset, uint32_t mask) {
    const eight e[2] = {find_eight(offset, p->step[0], mask & 0xFF), find_eight(offset + 8, p->step[1], mask >> 8)};
    if (e[0].how == e[1].how) {
        pack_eights(r, e, 2);
        return;
    }
    pack_eights(r, e, 1);
    r.y += 8;
    pack_eights(r, e + 1, 1);
}

#include "../vector/pack_f32.h"

#endif
