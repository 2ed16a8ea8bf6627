/* The vector operations that kernels/vector/ is written in, for AVX2: 8 floats. */
#ifndef NNZ_AVX2_VECTOR_H
#define NNZ_AVX2_VECTOR_H

#include "avx2.h"

#ifdef NNZ_X86_64

#define VECTOR_INLINE       NNZ_AVX2_INLINE
#define VECTOR_FUNCTION     NNZ_AVX2
#define VECTOR_NAME(family) nnz_##family##_avx2

enum { LANES = 8 };
typedef __m256 vec;
typedef __m256 vmask; /* all bits of a lane set or none */

VECTOR_INLINE vec v_set(float x) {
    return _mm256_set1_ps(x);
}

/* The first n lanes, n at most LANES. */
VECTOR_INLINE vmask v_first(size_t n) {
    static const int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_ps((const float *)(ones + 8 - n));
}

VECTOR_INLINE vec v_load(const float *x) {
    return _mm256_loadu_ps(x);
}

/* n lanes, the others 0; nothing beyond is read. */
VECTOR_INLINE vec v_load_n(const float *x, size_t n) {
    return _mm256_maskload_ps(x, _mm256_castps_si256(v_first(n)));
}

/* Eight lanes, all others 0. */
VECTOR_INLINE vec v_load_eight(const float *x) {
    return v_load(x);
}

/* x[0], x[2], ...: reads up to x[2 LANES - 2]. */
VECTOR_INLINE vec v_load_even(const float *x) {
    const __m256 pairs = _mm256_shuffle_ps(v_load(x), v_load(x + 7), _MM_SHUFFLE(3, 1, 2, 0));
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(pairs), _MM_SHUFFLE(3, 1, 2, 0)));
}

/* x[0], x[stride], ...: n lanes, the others 0. */
VECTOR_INLINE vec v_gather_n(const float *x, uint32_t stride, size_t n) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i index = _mm256_mullo_epi32(lane, _mm256_set1_epi32((int)stride));
    return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), x, index, v_first(n), 4);
}

/* Lanes [first, end) of x[0], x[stride], ...: made once for many loads. With a stride of 2, masks of the 16 neighbours
 * that hold them. */
typedef struct vinside {
    __m256i low, high;
} vinside;
VECTOR_INLINE vinside v_inside_lanes(uint32_t stride, __m256i lanes) {
    const __m256i even = _mm256_setr_epi32(-1, 0, -1, 0, -1, 0, -1, 0);
    if (stride != 2)
        return (vinside){lanes, lanes};
    const __m256i low = _mm256_permutevar8x32_epi32(lanes, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
    const __m256i high = _mm256_permutevar8x32_epi32(lanes, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7));
    return (vinside){_mm256_and_si256(low, even), _mm256_and_si256(high, even)};
}
VECTOR_INLINE vinside v_inside(uint32_t stride, size_t first, size_t end) {
    return v_inside_lanes(stride, _mm256_castps_si256(_mm256_andnot_ps(v_first(first), v_first(end))));
}

/* These lanes; the others 0, and nothing else is read. */
VECTOR_INLINE vec v_load_lanes(const float *x, uint32_t stride, vinside lanes) {
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256 low = _mm256_maskload_ps(x, lanes.low);
    if (stride == 1)
        return low;
    if (stride == 2) {
        const __m256 pairs = _mm256_shuffle_ps(low, _mm256_maskload_ps(x + 8, lanes.high), _MM_SHUFFLE(2, 0, 2, 0));
        return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(pairs), _MM_SHUFFLE(3, 1, 2, 0)));
    }
    return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), x, _mm256_mullo_epi32(index, _mm256_set1_epi32((int)stride)),
                                    _mm256_castsi256_ps(lanes.low), 4);
}

/* 2 LANES neighbours as the even ones and the odd ones, and back. */
VECTOR_INLINE void v_unzip(vec low, vec high, vec *even, vec *odd) {
    const __m256d evens = _mm256_castps_pd(_mm256_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0)));
    const __m256d odds = _mm256_castps_pd(_mm256_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1)));
    *even = _mm256_castpd_ps(_mm256_permute4x64_pd(evens, _MM_SHUFFLE(3, 1, 2, 0)));
    *odd = _mm256_castpd_ps(_mm256_permute4x64_pd(odds, _MM_SHUFFLE(3, 1, 2, 0)));
}
VECTOR_INLINE void v_zip(vec even, vec odd, vec *low, vec *high) {
    const __m256 a = _mm256_unpacklo_ps(even, odd), b = _mm256_unpackhi_ps(even, odd);
    *low = _mm256_permute2f128_ps(a, b, 0x20);
    *high = _mm256_permute2f128_ps(a, b, 0x31);
}

/* 3 LANES neighbours as every third of them, and back. A vector has each third in its own lanes, so that thirds are
 * blended, and their lanes permuted: vector v has element l + 8 v of the neighbours in lane l. */
enum { THIRD_0 = 0x49, THIRD_1 = 0x92, THIRD_2 = 0x24 }; /* lanes 0, 3, ...; 1, 4, ...; 2, 5, ... */
VECTOR_INLINE void v_unzip_three(vec x[3]) {
    const __m256i third = _mm256_setr_epi32(0, 3, 6, 9, 12, 15, 18, 21);
    const vec a = x[0], b = x[1], c = x[2];
    x[0] = _mm256_blend_ps(_mm256_blend_ps(a, b, THIRD_1), c, THIRD_2);
    x[1] = _mm256_blend_ps(_mm256_blend_ps(a, b, THIRD_2), c, THIRD_0);
    x[2] = _mm256_blend_ps(_mm256_blend_ps(a, b, THIRD_0), c, THIRD_1);
    for (int i = 0; i < 3; i++)
        x[i] = _mm256_permutevar8x32_ps(x[i], _mm256_add_epi32(third, _mm256_set1_epi32(i)));
}
VECTOR_INLINE void v_zip_three(vec x[3]) {
    const __m256i place = _mm256_setr_epi32(0, 3, 6, 9, 12, 15, 18, 21); /* of lane l: 3 l */
    vec y[3];
    for (int i = 0; i < 3; i++)
        y[i] = _mm256_permutevar8x32_ps(x[i], _mm256_add_epi32(place, _mm256_set1_epi32(5 * i)));
    x[0] = _mm256_blend_ps(_mm256_blend_ps(y[0], y[1], THIRD_1), y[2], THIRD_2);
    x[1] = _mm256_blend_ps(_mm256_blend_ps(y[0], y[1], THIRD_2), y[2], THIRD_0);
    x[2] = _mm256_blend_ps(_mm256_blend_ps(y[0], y[1], THIRD_0), y[2], THIRD_1);
}

/* The even ones and the odd ones of the 2 LANES neighbours from x on: all, or these; the others 0, and nothing else is
 * read. */
typedef struct vinside_two {
    __m256i low, high;
} vinside_two;
VECTOR_INLINE vinside_two v_inside_two(size_t n) {
    const vmask low = v_first(n < LANES ? n : LANES), high = v_first(n < LANES ? 0 : n - LANES);
    return (vinside_two){_mm256_castps_si256(low), _mm256_castps_si256(high)};
}
VECTOR_INLINE void v_load_two(const float *x, const bool whole, vinside_two inside, vec *even, vec *odd) {
    const vec low = whole ? v_load(x) : _mm256_maskload_ps(x, inside.low);
    const vec high = whole ? v_load(x + LANES) : _mm256_maskload_ps(x + LANES, inside.high);
    v_unzip(low, high, even, odd);
}

/* The lanes of x one place further up, behind `first`. */
VECTOR_INLINE vec v_shift_up(float first, vec x) {
    const __m256i from = _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 5, 6);
    return _mm256_blend_ps(_mm256_permutevar8x32_ps(x, from), v_set(first), 1);
}

/* The vectors from x - 1 and from x + 1 on, all lanes or these, beside `at`, the one from x on. */
VECTOR_INLINE vec v_load_before(const float *x, vec at, const bool whole, vinside lanes) {
    (void)at;
    return whole ? v_load(x - 1) : v_load_lanes(x - 1, 1, lanes);
}
VECTOR_INLINE vec v_load_behind(const float *x, vec at, const bool whole, vinside lanes) {
    (void)at;
    return whole ? v_load(x + 1) : v_load_lanes(x + 1, 1, lanes);
}

/* x[index[0]], x[index[1]], ...; reads LANES indices. */
VECTOR_INLINE vec v_gather_u8(const float *x, const uint8_t *index) {
    return _mm256_i32gather_ps(x, _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)index)), 4);
}

/* n of them, the others 0. */
VECTOR_INLINE vec v_gather_u8_n(const float *x, const uint8_t *index, size_t n) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes |= (uint64_t)index[i] << 8 * i;
    const __m256i i = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)bytes));
    return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), x, i, v_first(n), 4);
}

/* x, loaded once: the compiler does not fetch it from memory again for each use. */
VECTOR_INLINE vec v_keep(vec x) {
    __asm__("" : "+x"(x));
    return x;
}

VECTOR_INLINE void v_store(float *y, vec x) {
    _mm256_storeu_ps(y, x);
}

VECTOR_INLINE void v_store_n(float *y, vec x, size_t n) {
    _mm256_maskstore_ps(y, _mm256_castps_si256(v_first(n)), x);
}

VECTOR_INLINE vec v_add(vec a, vec b) {
    return _mm256_add_ps(a, b);
}

VECTOR_INLINE vec v_sub(vec a, vec b) {
    return _mm256_sub_ps(a, b);
}

VECTOR_INLINE vec v_mul(vec a, vec b) {
    return _mm256_mul_ps(a, b);
}

VECTOR_INLINE vec v_div(vec a, vec b) {
    return _mm256_div_ps(a, b);
}

/* a b + c */
VECTOR_INLINE vec v_fma(vec a, vec b, vec c) {
    return _mm256_fmadd_ps(a, b, c);
}

/* a > b ? a : b: with a NaN among them, b. */
VECTOR_INLINE vec v_max(vec a, vec b) {
    return _mm256_max_ps(a, b);
}

/* a < b ? a : b: with a NaN among them, b. */
VECTOR_INLINE vec v_min(vec a, vec b) {
    return _mm256_min_ps(a, b);
}

/* The first four lanes by themselves. */
typedef __m128 vfour;

VECTOR_INLINE vfour v_first_four(vec x) {
    return _mm256_castps256_ps128(x);
}

/* All other lanes 0. */
VECTOR_INLINE vec v_widen_four(vfour x) {
    return _mm256_zextps128_ps256(x);
}

/* a[lane] x[lane] + c[lane] */
VECTOR_INLINE vfour v_fma_four(vec a, const float *x, vfour c) {
    return _mm_fmadd_ps(v_first_four(a), _mm_loadu_ps(x), c);
}

VECTOR_INLINE vec v_sqrt(vec x) {
    return _mm256_sqrt_ps(x);
}

VECTOR_INLINE vec v_neg(vec x) {
    return _mm256_xor_ps(x, v_set(-0.0f));
}

VECTOR_INLINE vec v_abs(vec x) {
    return _mm256_andnot_ps(v_set(-0.0f), x);
}

/* x with the sign of `sign`; x is not negative. */
VECTOR_INLINE vec v_with_sign(vec x, vec sign) {
    return _mm256_or_ps(x, _mm256_and_ps(sign, v_set(-0.0f)));
}

VECTOR_INLINE vec v_round(vec x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* x 2^n for whole n in [-252, 254], rounded once where x is in [1/2, 2]. */
VECTOR_INLINE vec v_scale(vec x, vec n) {
    const __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1), bias = _mm256_set1_epi32(127);
    const __m256i a = _mm256_slli_epi32(_mm256_add_epi32(half, bias), 23);
    const __m256i b = _mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(whole, half), bias), 23);
    return v_mul(v_mul(x, _mm256_castsi256_ps(a)), _mm256_castsi256_ps(b));
}

/* x 2^n for whole n, where x and the result are normal numbers; NaN stays NaN. */
VECTOR_INLINE vec v_scale_normal(vec x, vec n) {
    const __m256i exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), exponent));
}

/* The same, where n stands in the lowest nine bits of `shifted`, too. */
VECTOR_INLINE vec v_scale_shifted(vec x, vec n, vec shifted) {
    (void)n;
    const __m256i exponent = _mm256_slli_epi32(_mm256_castps_si256(shifted), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), exponent));
}

/* The m in [1/2, 1) and whole n with x = m 2^n; x is positive and finite. */
VECTOR_INLINE vec v_split(vec x, vec *n) {
    const __m256 tiny = _mm256_cmp_ps(x, v_set(0x1p-126f), _CMP_LT_OQ);
    const __m256i bits = _mm256_castps_si256(_mm256_blendv_ps(x, v_mul(x, v_set(0x1p24f)), tiny));
    const __m256 exponent = _mm256_cvtepi32_ps(_mm256_srli_epi32(bits, 23));
    *n = v_sub(exponent, _mm256_blendv_ps(v_set(126), v_set(150), tiny));
    const __m256i mantissa = _mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFF));
    return _mm256_castsi256_ps(_mm256_or_si256(mantissa, _mm256_set1_epi32(0x3F000000)));
}

VECTOR_INLINE vmask v_less(vec a, vec b) {
    return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}

VECTOR_INLINE vmask v_equal(vec a, vec b) {
    return _mm256_cmp_ps(a, b, _CMP_EQ_OQ);
}

VECTOR_INLINE vmask v_is_nan(vec x) {
    return _mm256_cmp_ps(x, x, _CMP_UNORD_Q);
}

VECTOR_INLINE bool v_any(vmask mask) {
    return _mm256_movemask_ps(mask) != 0;
}

/* These lanes of x, 0 in the others. */
VECTOR_INLINE vec v_only(vmask lanes, vec x) {
    return _mm256_and_ps(lanes, x);
}

/* mask ? a : b */
VECTOR_INLINE vec v_select(vmask mask, vec a, vec b) {
    return _mm256_blendv_ps(b, a, mask);
}

VECTOR_INLINE float v_reduce_add(vec x) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

VECTOR_INLINE float v_reduce_max(vec x) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

#endif

#endif
