/* A vector holds NARROW_BLOCKS blocks of eight rows, widened where they are used; scales multiply sums. */

enum { NARROW_BLOCKS = NARROW_LANES / 8, NARROW_SUMS = 4 };

VECTOR_INLINE nvec narrow_load(const void *values, size_t block, int bits) {
    if (bits == 16)
        return n_load_f16((const uint16_t *)values + 8 * block);
    return bits == 8 ? n_load_s8((const int8_t *)values + 8 * block) : n_load_s4(values, 8 * block);
}

/* The sum of n blocks times their elements of x. */
VECTOR_INLINE nvec narrow_sum(const nnz_matvec_narrow *a, size_t block, const float *x, const uint8_t *index,
                              uint32_t n, int bits) {
    nvec sum[NARROW_SUMS] = {n_set(0), n_set(0), n_set(0), n_set(0)};
    uint32_t i = 0;
    for (; i + NARROW_SUMS * NARROW_BLOCKS <= n; i += NARROW_SUMS * NARROW_BLOCKS)
        for (uint32_t j = 0; j < NARROW_SUMS; j++) {
            const uint32_t b = i + j * NARROW_BLOCKS;
            const nvec w = narrow_load(a->values, block + b, bits);
            sum[j] = n_fma(
                w, index ? n_two(x[index[b]], x[index[b + NARROW_BLOCKS - 1]]) : n_two(x[b], x[b + NARROW_BLOCKS - 1]),
                sum[j]);
        }
    for (; i < n; i++)
        sum[0] = n_fma_block(narrow_load(a->values, block + i, bits), n_set(x[index ? index[i] : i]), sum[0]);
    return n_add(n_add(sum[0], sum[1]), n_add(sum[2], sum[3]));
}

/* The sum of a run whose shares have scales. */
VECTOR_INLINE nvec narrow_shares(const nnz_matvec_narrow *a, size_t block, const uint8_t *index, uint32_t n,
                                 const uint16_t *scale) {
    const nlanes rows = n_rows(8);
    nvec sum = n_set(0);
    for (uint32_t b = 0, m; b < n; b += m, scale += 8) {
        m = n - b < a->share ? n - b : a->share;
        const nvec part = narrow_sum(a, block + b, index ? a->x : a->x + b, index ? index + b : NULL, m, 4);
        sum = n_fma(part, n_scales_f16(scale, rows), sum);
    }
    return sum;
}

VECTOR_INLINE void narrow_rows(const nnz_matvec_narrow *a, const uint8_t *index, int bits) {
    size_t block = a->first, shares = 0;
    for (uint32_t row = 0; row < a->rows; row += 8) {
        const uint32_t n = a->count[row / 8], rows = a->rows - row < 8 ? a->rows - row : 8;
        nvec sum;
        if (bits == 4) {
            sum = narrow_shares(a, block, index, n, (const uint16_t *)a->scale + 8 * shares);
            shares += (n + a->share - 1) / a->share;
        } else {
            sum = narrow_sum(a, block, a->x, index, n, bits);
            if (bits == 8)
                sum = n_mul(sum, n_scales((const float *)a->scale + row, n_rows(8)));
        }
        float y[8];
        n_store_rows(y, sum);
        for (uint32_t i = 0; i < rows; i++)
            a->y[row + i] = nnz_clip(y[i] + (a->bias ? a->bias[row + i] : 0), a->lo, a->hi);
        block += n;
        index = index ? index + n : NULL;
    }
}

VECTOR_INLINE void narrow_matvec(const nnz_matvec_narrow *a, int bits) {
    if (a->index)
        narrow_rows(a, a->index, bits);
    else
        narrow_rows(a, NULL, bits);
}

VECTOR_FUNCTION void VECTOR_NAME(matvec_narrow_f16)(const nnz_matvec_narrow *a) {
    narrow_matvec(a, 16);
}

VECTOR_FUNCTION void VECTOR_NAME(matvec_narrow_s8)(const nnz_matvec_narrow *a) {
    narrow_matvec(a, 8);
}

VECTOR_FUNCTION void VECTOR_NAME(matvec_narrow_s4)(const nnz_matvec_narrow *a) {
    narrow_matvec(a, 4);
}
