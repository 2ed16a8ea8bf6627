/* layernorm_f32 in vectors: along a contiguous axis, or for up to four vectors of neighbours at a time. */

/* A contiguous axis, element i. */
VECTOR_INLINE vec layernorm_term(const float *x, size_t lanes, vec mean) {
    const vec d = v_sub(v_load_n(x, lanes), mean);
    return lanes == LANES ? d : v_select(v_first(lanes), d, v_set(0));
}

VECTOR_INLINE void layernorm_row(const nnz_layernorm_f32 *a) {
    const size_t n = a->n, whole = n - n % LANES, rest = n % LANES;
    const vec zero = v_set(0), one = v_set(1);
    vec sum = zero, squares = zero;
    for (size_t i = 0; i < whole; i += LANES)
        sum = v_add(sum, v_load(a->x + i));
    if (rest)
        sum = v_add(sum, v_load_n(a->x + whole, rest));
    const vec mean = v_set(v_reduce_add(sum) / (float)n);
    for (size_t i = 0; i < n; i += LANES) {
        const vec d = layernorm_term(a->x + i, n - i < LANES ? n - i : LANES, mean);
        squares = v_fma(d, d, squares);
    }
    const vec variance = v_set(v_reduce_add(squares) / (float)n);
    const vec scale = v_div(one, v_sqrt(v_add(variance, v_set(a->epsilon))));
    for (size_t i = 0; i < n; i += LANES) {
        const size_t lanes = n - i < LANES ? n - i : LANES;
        const vec gamma = a->gamma ? v_load_n(a->gamma + i, lanes) : one;
        const vec beta = a->beta ? v_load_n(a->beta + i, lanes) : zero;
        const vec d = v_sub(v_load_n(a->x + i, lanes), mean);
        v_store_n(a->y + i, v_fma(v_mul(d, scale), gamma, beta), lanes);
    }
}

/* V vectors of neighbours, of which the last has `tail` lanes. */
VECTOR_INLINE void layernorm_neighbours(const nnz_layernorm_f32 *a, size_t first, size_t tail, const int V) {
    const float *x = a->x + first;
    float *y = a->y + first;
    const vec n = v_set((float)a->n), epsilon = v_set(a->epsilon);
    vec mean[4], scale[4];
    for (int v = 0; v < V; v++)
        mean[v] = scale[v] = v_set(0);
    for (size_t i = 0; i < a->n; i++)
        for (int v = 0; v < V; v++)
            mean[v] = v_add(mean[v], v_load_n(x + i * a->stride + v * LANES, v < V - 1 ? LANES : tail));
    for (int v = 0; v < V; v++)
        mean[v] = v_div(mean[v], n);
    for (size_t i = 0; i < a->n; i++)
        for (int v = 0; v < V; v++) {
            const vec d = v_sub(v_load_n(x + i * a->stride + v * LANES, v < V - 1 ? LANES : tail), mean[v]);
            scale[v] = v_fma(d, d, scale[v]);
        }
    for (int v = 0; v < V; v++)
        scale[v] = v_div(v_set(1), v_sqrt(v_add(v_div(scale[v], n), epsilon)));
    for (size_t i = 0; i < a->n; i++) {
        const vec gamma = v_set(a->gamma ? a->gamma[i] : 1), beta = v_set(a->beta ? a->beta[i] : 0);
        for (int v = 0; v < V; v++) {
            const size_t at = i * a->stride + v * LANES, lanes = v < V - 1 ? LANES : tail;
            const vec d = v_sub(v_load_n(x + at, lanes), mean[v]);
            v_store_n(y + at, v_fma(v_mul(d, scale[v]), gamma, beta), lanes);
        }
    }
}

VECTOR_FUNCTION void VECTOR_NAME(layernorm_f32)(const nnz_layernorm_f32 *a) {
    if (a->stride == 1 && a->count == 1) {
        layernorm_row(a);
        return;
    }
    size_t j = 0;
    for (; j + 4 * LANES <= a->count; j += 4 * LANES)
        layernorm_neighbours(a, j, LANES, 4);
    for (; j < a->count; j += LANES)
        layernorm_neighbours(a, j, a->count - j < LANES ? a->count - j : LANES, 1);
}
