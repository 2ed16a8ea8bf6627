#include "../../src/half.h"
#include "../kernels.h"

/* Value i of `bits` wide ones; of two in a byte the first is in the lower half. */
static float value(const nnz_matvec_narrow *a, size_t i, int bits) {
    if (bits == 16)
        return nnz_half(((const uint16_t *)a->values)[i]);
    if (bits == 8)
        return ((const int8_t *)a->values)[i];
    const int half = ((const uint8_t *)a->values)[i / 2] >> 4 * (i % 2) & 15;
    return (float)((half ^ 8) - 8);
}

/* The scale of row i of a run: in int4 in the share that `shares` precede. */
static float scale(const nnz_matvec_narrow *a, uint32_t run, size_t shares, uint32_t i, int bits) {
    if (bits == 16)
        return 1;
    return bits == 8 ? ((const float *)a->scale)[8 * (size_t)run + i]
                     : nnz_half(((const uint16_t *)a->scale)[8 * shares + i]);
}

static inline void matvec(const nnz_matvec_narrow *a, int bits) {
    size_t block = 0, shares = 0; /* before what comes next */
    for (uint32_t run = 0; 8 * run < a->rows; run++) {
        const uint32_t n = a->count[run];
        float sum[8] = {0};
        for (uint32_t b = 0; b < n; shares++) {
            const uint32_t end = bits == 4 && n - b > a->share ? b + a->share : n;
            float part[8] = {0};
            for (; b < end; b++, block++) {
                const float x = a->x[a->index ? a->index[block] : b];
                for (uint32_t i = 0; i < 8; i++)
                    part[i] += value(a, (a->first + block) * 8 + i, bits) * x;
            }
            for (uint32_t i = 0; i < 8; i++)
                sum[i] += part[i] * scale(a, run, shares, i, bits);
        }
        for (uint32_t i = 0, row = 8 * run; i < 8 && row < a->rows; i++, row++)
            a->y[row] = nnz_clip(sum[i] + (a->bias ? a->bias[row] : 0), a->lo, a->hi);
    }
}

void nnz_matvec_narrow_f16_scalar(const nnz_matvec_narrow *a) {
    matvec(a, 16);
}

void nnz_matvec_narrow_s8_scalar(const nnz_matvec_narrow *a) {
    matvec(a, 8);
}

void nnz_matvec_narrow_s4_scalar(const nnz_matvec_narrow *a) {
    matvec(a, 4);
}
