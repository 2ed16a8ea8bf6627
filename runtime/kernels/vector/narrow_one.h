/* Arithmetic on widened weights for a narrow.h whose nvec is one vec (NEON has two). */
VECTOR_INLINE nvec n_mul(nvec a, nvec b) {
    return v_mul(a, b);
}

VECTOR_INLINE void n_store(float *y, nvec x) {
    v_store(y, x);
}

VECTOR_INLINE nvec n_set(float x) {
    return v_set(x);
}

VECTOR_INLINE nvec n_add(nvec a, nvec b) {
    return v_add(a, b);
}

VECTOR_INLINE nvec n_fma(nvec a, nvec b, nvec c) {
    return v_fma(a, b, c);
}
