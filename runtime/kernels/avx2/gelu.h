/* GELU for AVX2: a register holds a coefficient of eight polynomials. */
#ifndef NNZ_AVX2_GELU_H
#define NNZ_AVX2_GELU_H

#include "vector.h"

#ifdef NNZ_X86_64

/*
 * max(x, 0) - h(|x|) as for AVX-512 (avx512/gelu.h), by half as many polynomials: for a near 0.83 n it is polynomial n
 * of a / 0.83 - n; minimax fits of h(a) / a. The largest error is 1.7e-7 |x|.
 */
VECTOR_INLINE vec v_gelu(vec x) {
    static const float p[7][8] = {
        {0, 0.168713644f, 0.0804389864f, 0.0159040168f, 0.00149429205f, 6.89886219e-05f, 1.58319369e-06f,
         1.81445436e-08f},
        {0.414999992f, -0.026033638f, -0.0983691439f, -0.0318395607f, -0.00406899163f, -0.000236373991f,
         -6.52969584e-06f, -8.75651978e-08f},
        {-0.274830848f, -0.127671123f, 0.0261801947f, 0.0259994939f, 0.00501027377f, 0.00038080808f, 1.29065484e-05f,
         2.04445016e-07f},
        {-1.024229e-05f, 0.0740043372f, 0.01982514f, -0.0093836328f, -0.00358499517f, -0.00037941034f, -1.61069565e-05f,
         -3.0156545e-07f},
        {0.0316365398f, -0.00189607625f, -0.0153172808f, -0.000344935106f, 0.00154319045f, 0.000258588465f,
         1.43954949e-05f, 3.29230318e-07f},
        {-0.000277837826f, -0.00812060572f, 0.0023916997f, 0.00174047356f, -0.000297080231f, -0.000126865649f,
         -1.05470208e-05f, -3.25757384e-07f},
        {-0.0028901035f, 0.00109294953f, 0.00102932111f, -0.000616851554f, -5.47237032e-05f, 4.0146424e-05f,
         5.33609e-06f, 2.13692374e-07f},
    };
    const vec a = v_min(v_set(6.19f), v_abs(x)), whole = v_set(0x1.8p23f), scale = v_set(1 / 0.83f);
    const vec shifted = v_fma(a, scale, whole); /* n in its lowest bits */
    const __m256i n = _mm256_castps_si256(shifted);
    const vec f = _mm256_fmsub_ps(a, scale, v_sub(shifted, whole));
    vec h = _mm256_permutevar8x32_ps(v_load(p[6]), n);
    for (int i = 5; i >= 0; i--)
        h = v_fma(h, f, _mm256_permutevar8x32_ps(v_load(p[i]), n));
    return v_sub(v_sub(x, v_min(x, v_set(0))), h); /* NaN for -inf, as 0 times it is */
}

#endif

#endif
