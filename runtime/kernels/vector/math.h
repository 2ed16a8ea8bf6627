/*
 * exp, log, tanh, erf and the sigmoid in vectors. Measured against double precision, the largest error is 1.4 units in
 * the last place (sigmoid: 3, and 0 below -88.7 as with libm's expf); infinities and NaN as in libm. Polynomials:
 * Cephes (exp, log, tanh), minimax fits (erf).
 */
#ifndef NNZ_VECTOR_MATH_H
#define NNZ_VECTOR_MATH_H

#include <math.h>

/* x P(x^2)-like chains: coefficients from the highest power down. */
VECTOR_INLINE vec v_polynomial(vec x, const float *coefficients, int count) {
    vec sum = v_set(coefficients[0]);
    for (int i = 1; i < count; i++)
        sum = v_fma(sum, x, v_set(coefficients[i]));
    return sum;
}

/* x = n ln 2 + r with |r| at most ln(2) / 2; e^x = 2^n e^r. Returns e^r. */
VECTOR_INLINE vec v_exp_parts(vec x, vec *n) {
    static const float p[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                              4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
    *n = v_round(v_mul(x, v_set(1.44269504f)));
    vec r = v_fma(*n, v_set(-0.693359375f), x);
    r = v_fma(*n, v_set(2.12194440e-4f), r);
    return v_fma(v_polynomial(r, p, 6), v_mul(r, r), v_add(r, v_set(1)));
}

/* The bounds give 0 and infinity, and let NaN through. */
VECTOR_INLINE vec v_exp(vec x) {
    vec n, e = v_exp_parts(v_min(v_set(89), v_max(v_set(-104), x)), &n);
    return v_scale(e, n);
}

/* 2^60 e^x for x in [-104, 0], and as for -104 below: a normal number, which is made by one addition. */
VECTOR_INLINE vec v_exp_raised(vec x) {
    vec n, e = v_exp_parts(v_max(v_set(-104), x), &n);
    return v_scale_normal(e, v_add(n, v_set(60)));
}

VECTOR_INLINE vec v_log(vec x) {
    static const float p[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                              -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                              2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
    vec n, m = v_split(x, &n);
    const vmask small = v_less(m, v_set(0.70710678f));
    n = v_select(small, v_sub(n, v_set(1)), n);
    m = v_sub(v_select(small, v_add(m, m), m), v_set(1));
    const vec m2 = v_mul(m, m);
    vec y = v_mul(v_mul(m, m2), v_polynomial(m, p, 9));
    y = v_fma(n, v_set(-2.12194440e-4f), y);
    y = v_fma(m2, v_set(-0.5f), y);
    y = v_fma(n, v_set(0.693359375f), v_add(m, y));
    y = v_select(v_less(x, v_set(INFINITY)), y, x);
    y = v_select(v_less(x, v_set(0)), v_set(NAN), y);
    return v_select(v_equal(x, v_set(0)), v_set(-INFINITY), y);
}

/* 1 / (1 + e^-x) */
VECTOR_INLINE vec v_sigmoid(vec x) {
    return v_div(v_set(1), v_add(v_set(1), v_exp(v_neg(x))));
}

/* An odd polynomial near 0, 1 - 2 / (e^2|x| + 1) elsewhere. */
VECTOR_INLINE vec v_tanh(vec x) {
    static const float p[] = {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f,
                              -3.33332819422e-1f};
    const vec t = v_abs(x), x2 = v_mul(x, x);
    const vec near = v_fma(v_mul(v_polynomial(x2, p, 5), x2), x, x);
    const vec far = v_sub(v_set(1), v_div(v_set(2), v_add(v_exp(v_add(t, t)), v_set(1))));
    return v_select(v_less(t, v_set(0.625f)), near, v_with_sign(far, x));
}

/* An odd polynomial near 0, 1 - e^P(|x|) elsewhere. */
VECTOR_INLINE vec v_erf(vec x) {
    static const float p[] = {-5.96761703e-4f, 4.99119423e-3f,  -2.67681349e-2f,
                              1.12819925e-1f,  -3.76125336e-1f, 1.28379166e-1f};
    static const float q[] = {-1.72853470e-5f, 3.83197126e-4f,  -3.88396438e-3f, 2.42546219e-2f,
                              -1.06777877e-1f, -6.34846687e-1f, -1.28717512e-1f};
    const vec t = v_abs(x);
    const vec near = v_fma(v_polynomial(v_mul(x, x), p, 6), x, x);
    const vec s = v_min(v_set(10), t); /* the polynomial rises again far out */
    const vec far = v_sub(v_set(1), v_exp(v_fma(v_polynomial(s, q, 7), s, v_neg(s))));
    return v_select(v_less(t, v_set(0.927734375f)), near, v_with_sign(far, x));
}

#endif
