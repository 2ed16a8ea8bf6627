/* Sixteen vectors of floats, transposed. */
#include "vector.h"

#ifdef NNZ_X86_64
#define VECTOR_TRANSPOSE

VECTOR_INLINE void v_transpose(vec x[LANES]) {
    vec y[LANES];
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i += 4) { /* 4 x 4 floats in each quarter of four vectors */
        const __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(x[i], x[i + 1]));
        const __m512d b = _mm512_castps_pd(_mm512_unpackhi_ps(x[i], x[i + 1]));
        const __m512d c = _mm512_castps_pd(_mm512_unpacklo_ps(x[i + 2], x[i + 3]));
        const __m512d d = _mm512_castps_pd(_mm512_unpackhi_ps(x[i + 2], x[i + 3]));
        y[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
        y[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
        y[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
        y[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) { /* 4 x 4 quarters */
        const vec a = _mm512_shuffle_f32x4(y[i], y[i + 4], 0x44), b = _mm512_shuffle_f32x4(y[i], y[i + 4], 0xEE);
        const vec c = _mm512_shuffle_f32x4(y[i + 8], y[i + 12], 0x44);
        const vec d = _mm512_shuffle_f32x4(y[i + 8], y[i + 12], 0xEE);
        x[i] = _mm512_shuffle_f32x4(a, c, 0x88);
        x[i + 4] = _mm512_shuffle_f32x4(a, c, 0xDD);
        x[i + 8] = _mm512_shuffle_f32x4(b, d, 0x88);
        x[i + 12] = _mm512_shuffle_f32x4(b, d, 0xDD);
    }
}

#endif
