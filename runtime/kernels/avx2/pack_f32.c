/*
 * Eight pixels at a time: loads where their inputs are neighbours or every other one, else a masked gather. How they
 * are found is the same in all channels, which follow each other for sixteen pixels of a tap.
 */
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

/* Whether the inputs of the lanes in `bits` are `step` apart; then, where lane 0's would be. */
static bool are_apart(const int32_t *offset, uint32_t bits, int32_t step, int32_t *at) {
    bool first = true;
    for (int32_t i = 0; i < 8; i++) {
        if (!(bits >> i & 1))
            continue;
        if (!first && offset[i] - step * i != *at)
            return false;
        *at = offset[i] - step * i;
        first = false;
    }
    return true;
}

NNZ_AVX2_INLINE eight find_eight(const int32_t *offset, uint32_t step, uint32_t bits) {
    eight e = {.at = offset[0]};
    if (!step)
        step = are_apart(offset, bits, 1, &e.at) ? 1 : are_apart(offset, bits, 2, &e.at) ? 2 : 0;
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

/* Rows of a tap, one of each channel. */
typedef struct rows {
    const float *x;
    float *y;
    size_t x_step, y_step, count;
} rows;

/* Pixels of all rows in `count` eights that are found in the same way. */
NNZ_AVX2_INLINE void pack_rows(rows r, const eight *eights, const int count, const int how) {
    const eight first = eights[0], second = eights[count - 1]; /* nothing that is stored changes them */
    for (size_t i = 0; i < r.count; i++, r.x += r.x_step, r.y += r.y_step) {
        _mm256_store_ps(r.y, load_eight(&first, r.x, how));
        if (count > 1)
            _mm256_store_ps(r.y + 8, load_eight(&second, r.x, how));
    }
}

NNZ_AVX2_INLINE void pack_eights(rows r, const eight *eights, const int count) {
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

NNZ_AVX2_INLINE void pack_sixteen(rows r, const int32_t *offset, uint32_t step, uint32_t mask) {
    if (step && mask == 0xFFFF) {
        const eight whole[2] = {{.at = offset[0]}, {.at = offset[8]}};
        if (step == 1)
            pack_rows(r, whole, 2, NEIGHBOURS);
        else
            pack_rows(r, whole, 2, EVERY_OTHER);
        return;
    }
    const eight e[2] = {find_eight(offset, step, mask & 0xFF), find_eight(offset + 8, step, mask >> 8)};
    if (e[0].how == e[1].how) {
        pack_eights(r, e, 2);
        return;
    }
    pack_eights(r, e, 1);
    r.y += 8;
    pack_eights(r, e + 1, 1);
}

NNZ_AVX2 void nnz_pack_f32_avx2(const nnz_pack_f32 *a) {
    const uint32_t vectors = (a->pixels + 15) / 16, taps = a->taps;
    for (uint32_t i = 0; i < taps && i < a->rows; i++) {
        const uint32_t tap = (a->first + i) % taps, channel = (a->first + i) / taps;
        rows r = {
            .x = a->x + channel * a->channel_stride + a->tap_offset[tap],
            .y = a->y + (size_t)i * a->ldy,
            .x_step = a->channel_stride,
            .y_step = (size_t)taps * a->ldy,
            .count = (a->rows - i + taps - 1) / taps,
        };
        for (uint32_t v = 0; v < vectors; v++, r.y += 16)
            pack_sixteen(r, a->offset + 16 * v, a->step[v], a->mask[tap * a->mask_stride + v]);
    }
}

#endif
