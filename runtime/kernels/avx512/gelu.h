/* GELU for AVX-512: a register holds a coefficient of sixteen polynomials. */
#ifndef NNZ_AVX512_GELU_H
#define NNZ_AVX512_GELU_H

#include "vector.h"

#ifdef NNZ_X86_64

/*
 * x (1 + erf(x / sqrt 2)) / 2 = max(x, 0) - h(|x|) with h(a) = a (1 - erf(a / sqrt 2)) / 2, which is next to 0 from 6.2
 * on. For a near 0.4 n it is polynomial n of a / 0.4 - n; least squares fits. The largest error is 1.4e-7 |x|; the
 * quotient of neon/gelu.h is 2e-7 |x| off and takes half as many instructions again.
 */
VECTOR_INLINE vec v_gelu(vec x) {
    static const float p[6][16] = {
        {0, 0.137831286f, 0.169484332f, 0.138083622f, 0.087678872f, 0.0455002636f, 0.0196740814f, 0.00715436228f,
         0.00219884072f, 0.000572791148f, 0.000126685263f, 2.3815348e-05f, 3.80802953e-06f, 5.18164427e-07f,
         6.00214349e-08f, 5.92000671e-09f},
        {0.200000003f, 0.0789080858f, -0.00795913022f, -0.0471814387f, -0.0490696207f, -0.0340927243f, -0.0182197355f,
         -0.00784325227f, -0.00277677691f, -0.000817495165f, -0.000201459916f, -4.17338015e-05f, -7.28839586e-06f,
         -1.07524806e-06f, -1.34206147e-07f, -1.41879415e-08f},
        {-0.0638305172f, -0.0542086139f, -0.0315189175f, -0.00870050862f, 0.00496871118f, 0.00863861665f,
         0.00673655886f, 0.00369828823f, 0.00157163909f, 0.000536499836f, 0.000149868589f, 3.46289562e-05f,
         6.66374945e-06f, 1.0728977e-06f, 1.45007192e-07f, 1.64918763e-08f},
        {-3.91215644e-06f, 0.00603347272f, 0.00830581039f, 0.00636310037f, 0.00272613741f, 9.9569661e-08f,
         -0.00100900407f, -0.000907841953f, -0.000507815508f, -0.000210539292f, -6.85193663e-05f, -1.79787567e-05f,
         -3.86061947e-06f, -6.84781014e-07f, -1.00963661e-07f, -1.24287816e-08f},
        {0.00172413373f, 0.00113336626f, -1.66420105e-05f, -0.000819450186f, -0.000865774928f, -0.000461389165f,
         -7.8102159e-05f, 8.73557219e-05f, 9.40313475e-05f, 5.31954975e-05f, 2.13544517e-05f, 6.59162606e-06f,
         1.62005415e-06f, 3.23055701e-07f, 5.28752402e-08f, 7.15811188e-09f},
        {-5.05145654e-05f, -0.000202335534f, -0.000223038369f, -8.4277417e-05f, 5.34377905e-05f, 9.1347516e-05f,
         5.58433967e-05f, 1.30900989e-05f, -6.46150238e-06f, -8.11167683e-06f, -4.49046547e-06f, -1.70169346e-06f,
         -4.8765736e-07f, -1.10121746e-07f, -2.00269525e-08f, -2.97224956e-09f},
    };
    const vec a = v_min(v_set(6.19f), v_abs(x)), whole = v_set(0x1.8p23f), scale = v_set(2.5f);
    const vec shifted = v_fma(a, scale, whole); /* n in its lowest bits */
    const __m512i n = _mm512_castps_si512(shifted);
    const vec f = _mm512_fmsub_ps(a, scale, v_sub(shifted, whole));
    vec h = _mm512_permutexvar_ps(n, v_load(p[5]));
    for (int i = 4; i >= 0; i--)
        h = v_fma(h, f, _mm512_permutexvar_ps(n, v_load(p[i])));
    return v_sub(v_sub(x, v_min(x, v_set(0))), h); /* NaN for -inf, as 0 times it is */
}

#endif

#endif
