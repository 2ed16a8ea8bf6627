/* GELU for NEON. */
#ifndef NNZ_NEON_GELU_H
#define NNZ_NEON_GELU_H

#include "../vector/math.h"

/*
 * x (1 + erf(x / sqrt 2)) / 2 with erf as t P(t^2) / Q(t^2), a fit whose rounding costs erf up to 6 units in its last
 * place, that is 2e-7 |x|: half the time of v_erf().
 */
VECTOR_INLINE vec v_gelu(vec x) {
    static const float p[] = {1.986759344e-6f, 2.845666313e-4f, 3.883414436e-3f,
                              5.310196802e-2f, 1.935468316e-1f, 1.128379107f};
    static const float q[] = {3.741996989e-5f, 1.185586443e-3f, 1.520739496e-2f, 1.153507233e-1f, 5.048589706e-1f, 1};
    const vec one = v_set(1), t = v_min(v_set(4), v_max(v_set(-4), v_mul(x, v_set(0.70710678f)))), t2 = v_mul(t, t);
    const vec erf = v_div(v_mul(t, v_polynomial(t2, p, 6)), v_polynomial(t2, q, 6));
    return v_mul(v_mul(v_set(0.5f), x), v_add(one, v_min(one, v_max(v_neg(one), erf))));
}

#endif
