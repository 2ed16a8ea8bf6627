/* depthwise_s8 for AVX-512 VNNI: four taps of a channel are one VPDPBUSD, of x + 128. */
#include "int8.h"

#ifdef NNZ_X86_64
#include "../avx512/pixels.h"

typedef __m512i dvec;

VECTOR_INLINE dvec d_pixels(const int8_t *x, uint32_t stride, size_t n) {
    return _mm512_xor_si512(d_shuffle(d_load(x, stride, n), 4), _mm512_set1_epi8(-128));
}

VECTOR_INLINE dvec d_weights(const int8_t *w, uint32_t taps) {
    return d_shuffle(_mm512_broadcast_i32x4(_mm_loadu_si128((const void *)w)), taps);
}

VECTOR_INLINE ivec d_dot(ivec sum, dvec x, dvec w) {
    return _mm512_dpbusd_epi32(sum, x, w);
}

/* ---- A column of a window ---------------------------------------------------------------------------------------- */

typedef __m512i dcolumn;

VECTOR_INLINE dcolumn d_column(__m128i rows, int shift) {
    return _mm512_slli_epi32(d_shuffle(_mm512_broadcast_i32x4(rows), 3), (unsigned)shift);
}

VECTOR_INLINE ivec d_dot_column(ivec sum, ivec x, dcolumn w) {
    return _mm512_dpbusd_epi32(sum, x, w);
}

VECTOR_INLINE ivec d_load_row(const int8_t *x) {
    return _mm512_xor_si512(_mm512_loadu_si512(x), _mm512_set1_epi8(-128));
}

VECTOR_INLINE void d_interleave(const ivec rows[4], ivec column[4]) {
    ivec low[2], high[2];
    for (int i = 0; i < 2; i++) {
        low[i] = _mm512_unpacklo_epi8(rows[2 * i], rows[2 * i + 1]);
        high[i] = _mm512_unpackhi_epi8(rows[2 * i], rows[2 * i + 1]);
    }
    column[0] = _mm512_unpacklo_epi16(low[0], low[1]);
    column[1] = _mm512_unpackhi_epi16(low[0], low[1]);
    column[2] = _mm512_unpacklo_epi16(high[0], high[1]);
    column[3] = _mm512_unpackhi_epi16(high[0], high[1]);
}

/* The columns four pixels further on. */
VECTOR_INLINE ivec d_next_four(ivec column, ivec next_block) {
    return _mm512_alignr_epi32(next_block, column, 4);
}

/* ---- Results ----------------------------------------------------------------------------------------------------- */

typedef struct dform {
    ivec multiplier, rounding;
    uint32_t shift;
    int32_t lo, hi;
} dform;

VECTOR_INLINE dform d_form(const nnz_depthwise_s8 *a) {
    return (dform){d_repeat(a->multiplier), i_rounding(a->zero), a->shift, a->lo, a->hi};
}

/* Four vectors of sums as bytes: in each lane of 128 bits a pixel of each. */
VECTOR_INLINE ivec d_narrow(const dform *form, const ivec sums[4]) {
    ivec v[4];
    for (int i = 0; i < 4; i++)
        v[i] = i_requantize_each(sums[i], form->multiplier, form->shift, form->rounding);
    return i_clamp_bytes(_mm512_packs_epi16(_mm512_packs_epi32(v[0], v[1]), _mm512_packs_epi32(v[2], v[3])), form->lo,
                         form->hi);
}

/* Of pixels 0, 1, 8, 9; 2, 3, 10, 11; ... */
VECTOR_INLINE ivec d_order_stride2(ivec pixels) {
    const __m512i order = _mm512_setr_epi32(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
    return _mm512_permutexvar_epi32(order, pixels);
}

#include "../vector/depthwise_s8_any.h"

VECTOR_INLINE ivec d_columns_bias(const nnz_depthwise_s8 *a) {
    return depthwise_s8_bias(a);
}

#include "../vector/depthwise_s8_columns.h"
#endif
