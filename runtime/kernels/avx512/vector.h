/* The vector operations that kernels/vector/ is written in, for AVX-512: 16 floats. */
#ifndef NNZ_AVX512_VECTOR_H
#define NNZ_AVX512_VECTOR_H

#include "every_other.h"

#ifdef NNZ_X86_64

#define VECTOR_INLINE       NNZ_AVX512_INLINE
#define VECTOR_FUNCTION     NNZ_AVX512
#define VECTOR_NAME(family) nnz_##family##_avx512

enum { LANES = 16 };
typedef __m512 vec;
typedef __mmask16 vmask;

VECTOR_INLINE vec v_set(float x) {
    return _mm512_set1_ps(x);
}

/* The first n lanes, n at most LANES. */
VECTOR_INLINE vmask v_first(size_t n) {
    return (__mmask16)((1u << n) - 1);
}

VECTOR_INLINE vec v_load(const float *x) {
    return _mm512_loadu_ps(x);
}

/* n lanes, the others 0; nothing beyond is read. */
VECTOR_INLINE vec v_load_n(const float *x, size_t n) {
    return _mm512_maskz_loadu_ps(v_first(n), x);
}

/* Eight lanes, all others 0: three such loads a cycle, of masked vectors two. */
VECTOR_INLINE vec v_load_eight(const float *x) {
    return _mm512_zextps256_ps512(_mm256_loadu_ps(x));
}

/* x[0], x[2], ...: reads up to x[2 LANES - 2]. */
VECTOR_INLINE vec v_load_even(const float *x) {
    const __m512i index = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
    return _mm512_permutex2var_ps(v_load(x), index, v_load(x + 15));
}

/* x[0], x[stride], ...: n lanes, the others 0. */
VECTOR_INLINE vec v_gather_n(const float *x, uint32_t stride, size_t n) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i index = _mm512_mullo_epi32(lane, _mm512_set1_epi32((int)stride));
    return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), v_first(n), index, x, 4);
}

/* Lanes [first, end) of x[0], x[stride], ...: made once for many loads. With a stride of 2, masks of the 32 neighbours
 * that hold them. */
typedef struct vinside {
    vmask low, high;
} vinside;
VECTOR_INLINE vinside v_inside(uint32_t stride, size_t first, size_t end) {
    const vmask lanes = (vmask)(v_first(end) & ~v_first(first));
    const uint32_t spread = nnz_spread_mask(lanes);
    return stride == 2 ? (vinside){(vmask)spread, (vmask)(spread >> 16)} : (vinside){lanes, 0};
}

/* These lanes; the others 0, and nothing else is read. */
VECTOR_INLINE vec v_load_lanes(const float *x, uint32_t stride, vinside lanes) {
    const __m512i index = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    if (stride == 1)
        return _mm512_maskz_loadu_ps(lanes.low, x);
    if (stride == 2)
        return _mm512_castsi512_ps(nnz_load_even_words(_mm512_setzero_si512(), lanes.low, lanes.high, x));
    return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), lanes.low,
                                    _mm512_mullo_epi32(index, _mm512_set1_epi32((int)stride)), x, 4);
}

/* 2 LANES neighbours as the even ones and the odd ones, and back. */
VECTOR_INLINE void v_unzip(vec low, vec high, vec *even, vec *odd) {
    const __m512i evens = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    *even = _mm512_permutex2var_ps(low, evens, high);
    *odd = _mm512_permutex2var_ps(low, _mm512_or_si512(evens, _mm512_set1_epi32(1)), high);
}
VECTOR_INLINE void v_zip(vec even, vec odd, vec *low, vec *high) {
    const __m512i first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    *low = _mm512_permutex2var_ps(even, first, odd);
    *high = _mm512_permutex2var_ps(even, _mm512_or_si512(first, _mm512_set1_epi32(8)), odd);
}

/* 3 LANES neighbours as every third of them, and back. A vector has each third in its own lanes, so that thirds are
 * blended, and their lanes permuted: vector v has element l + 16 v of the neighbours in lane l. */
enum { THIRD_0 = 0x9249, THIRD_1 = 0x2492, THIRD_2 = 0x4924 }; /* lanes 0, 3, ...; 1, 4, ...; 2, 5, ... */
VECTOR_INLINE void v_unzip_three(vec x[3]) {
    const __m512i third = _mm512_setr_epi32(0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45);
    const vec a = x[0], b = x[1], c = x[2];
    x[0] = _mm512_mask_blend_ps(THIRD_2, _mm512_mask_blend_ps(THIRD_1, a, c), b);
    x[1] = _mm512_mask_blend_ps(THIRD_0, _mm512_mask_blend_ps(THIRD_2, a, c), b);
    x[2] = _mm512_mask_blend_ps(THIRD_1, _mm512_mask_blend_ps(THIRD_0, a, c), b);
    for (int i = 0; i < 3; i++)
        x[i] = _mm512_permutexvar_ps(_mm512_add_epi32(third, _mm512_set1_epi32(i)), x[i]);
}
VECTOR_INLINE void v_zip_three(vec x[3]) {
    const __m512i place = _mm512_setr_epi32(0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15, 10, 5); /* of lane l: 11 l */
    vec y[3];
    for (int i = 0; i < 3; i++)
        y[i] = _mm512_permutexvar_ps(_mm512_add_epi32(place, _mm512_set1_epi32(5 * i)), x[i]);
    x[0] = _mm512_mask_blend_ps(THIRD_2, _mm512_mask_blend_ps(THIRD_1, y[0], y[1]), y[2]);
    x[1] = _mm512_mask_blend_ps(THIRD_1, _mm512_mask_blend_ps(THIRD_0, y[0], y[1]), y[2]);
    x[2] = _mm512_mask_blend_ps(THIRD_0, _mm512_mask_blend_ps(THIRD_2, y[0], y[1]), y[2]);
}

/* The even ones and the odd ones of the 2 LANES neighbours from x on: all, or these; the others 0, and nothing else is
 * read. */
typedef struct vinside_two {
    vmask low, high;
} vinside_two;
VECTOR_INLINE vinside_two v_inside_two(size_t n) {
    return (vinside_two){v_first(n < LANES ? n : LANES), v_first(n < LANES ? 0 : n - LANES)};
}
VECTOR_INLINE void v_load_two(const float *x, const bool whole, vinside_two inside, vec *even, vec *odd) {
    const vec low = whole ? v_load(x) : _mm512_maskz_loadu_ps(inside.low, x);
    const vec high = whole ? v_load(x + LANES) : _mm512_maskz_loadu_ps(inside.high, x + LANES);
    v_unzip(low, high, even, odd);
}

/* The lanes of x one place further up, behind `first`. */
VECTOR_INLINE vec v_shift_up(float first, vec x) {
    return _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(x), _mm512_castps_si512(v_set(first)), 15));
}

/* The vectors from x - 1 and from x + 1 on, all lanes or these, beside `at`, the one from x on: unaligned vectors
 * would mostly lie on two lines of the cache. */
VECTOR_INLINE vec v_load_before(const float *x, vec at, const bool whole, vinside lanes) {
    return v_shift_up(whole || lanes.low & 1 ? x[-1] : 0, at);
}
VECTOR_INLINE vec v_load_behind(const float *x, vec at, const bool whole, vinside lanes) {
    const vec last = v_set(whole || lanes.low >> (LANES - 1) ? x[LANES] : 0);
    return _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(last), _mm512_castps_si512(at), 1));
}

/* x[index[0]], x[index[1]], ...; reads LANES indices. */
VECTOR_INLINE vec v_gather_u8(const float *x, const uint8_t *index) {
    return _mm512_i32gather_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)index)), x, 4);
}

/* n of them, the others 0. */
VECTOR_INLINE vec v_gather_u8_n(const float *x, const uint8_t *index, size_t n) {
    const __m128i i = _mm_maskz_loadu_epi8(v_first(n), index);
    return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), v_first(n), _mm512_cvtepu8_epi32(i), x, 4);
}

/* x, loaded once: the compiler does not fetch it from memory again for each use. */
VECTOR_INLINE vec v_keep(vec x) {
    __asm__("" : "+v"(x));
    return x;
}

VECTOR_INLINE void v_store(float *y, vec x) {
    _mm512_storeu_ps(y, x);
}

VECTOR_INLINE void v_store_n(float *y, vec x, size_t n) {
    _mm512_mask_storeu_ps(y, v_first(n), x);
}

VECTOR_INLINE vec v_add(vec a, vec b) {
    return _mm512_add_ps(a, b);
}

VECTOR_INLINE vec v_sub(vec a, vec b) {
    return _mm512_sub_ps(a, b);
}

VECTOR_INLINE vec v_mul(vec a, vec b) {
    return _mm512_mul_ps(a, b);
}

VECTOR_INLINE vec v_div(vec a, vec b) {
    return _mm512_div_ps(a, b);
}

/* a b + c */
VECTOR_INLINE vec v_fma(vec a, vec b, vec c) {
    return _mm512_fmadd_ps(a, b, c);
}

/* a > b ? a : b: with a NaN among them, b. */
VECTOR_INLINE vec v_max(vec a, vec b) {
    return _mm512_max_ps(a, b);
}

/* a < b ? a : b: with a NaN among them, b. */
VECTOR_INLINE vec v_min(vec a, vec b) {
    return _mm512_min_ps(a, b);
}

/* The first four lanes by themselves: a load of them costs less than one of sixteen. */
typedef __m128 vfour;

VECTOR_INLINE vfour v_first_four(vec x) {
    return _mm512_castps512_ps128(x);
}

/* All other lanes 0. */
VECTOR_INLINE vec v_widen_four(vfour x) {
    return _mm512_zextps128_ps512(x);
}

/* a[lane] x[lane] + c[lane] */
VECTOR_INLINE vfour v_fma_four(vec a, const float *x, vfour c) {
    return _mm_fmadd_ps(v_first_four(a), _mm_loadu_ps(x), c);
}

VECTOR_INLINE vec v_sqrt(vec x) {
    return _mm512_sqrt_ps(x);
}

VECTOR_INLINE vec v_neg(vec x) {
    return _mm512_xor_ps(x, v_set(-0.0f));
}

VECTOR_INLINE vec v_abs(vec x) {
    return _mm512_andnot_ps(v_set(-0.0f), x);
}

/* x with the sign of `sign`; x is not negative. */
VECTOR_INLINE vec v_with_sign(vec x, vec sign) {
    return _mm512_or_ps(x, _mm512_and_ps(sign, v_set(-0.0f)));
}

VECTOR_INLINE vec v_round(vec x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* x 2^n for whole n, rounded once. */
VECTOR_INLINE vec v_scale(vec x, vec n) {
    return _mm512_scalef_ps(x, n);
}

/* The same, where x and the result are normal numbers. */
VECTOR_INLINE vec v_scale_normal(vec x, vec n) {
    return v_scale(x, n);
}

/* The same, where n stands in the lowest nine bits of `shifted`, too. */
VECTOR_INLINE vec v_scale_shifted(vec x, vec n, vec shifted) {
    (void)shifted;
    return v_scale_normal(x, n);
}

/* The m in [1/2, 1) and whole n with x = m 2^n; x is positive and finite. */
VECTOR_INLINE vec v_split(vec x, vec *n) {
    *n = v_add(_mm512_getexp_ps(x), v_set(1));
    return _mm512_getmant_ps(x, _MM_MANT_NORM_p5_1, _MM_MANT_SIGN_src);
}

VECTOR_INLINE vmask v_less(vec a, vec b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}

VECTOR_INLINE vmask v_equal(vec a, vec b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}

VECTOR_INLINE vmask v_is_nan(vec x) {
    return _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
}

VECTOR_INLINE bool v_any(vmask mask) {
    return mask != 0;
}

/* These lanes of x, 0 in the others. */
VECTOR_INLINE vec v_only(vmask lanes, vec x) {
    return _mm512_maskz_mov_ps(lanes, x);
}

/* mask ? a : b */
VECTOR_INLINE vec v_select(vmask mask, vec a, vec b) {
    return _mm512_mask_blend_ps(mask, b, a);
}

VECTOR_INLINE float v_reduce_add(vec x) {
    return _mm512_reduce_add_ps(x);
}

VECTOR_INLINE float v_reduce_max(vec x) {
    return _mm512_reduce_max_ps(x);
}

#endif

#endif
