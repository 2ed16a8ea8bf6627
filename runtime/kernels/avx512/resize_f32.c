/* resize_f32 for AVX-512. */
#include "vector.h"

#ifdef NNZ_X86_64

/* n elements of a row: each of the LANES from `first` on, or, not `near`, anywhere. */
typedef struct vlanes {
    bool near;
    uint32_t first;
    size_t n;
    __m512i index, lane; /* in the row; from `first` on */
} vlanes;

/* Those at `index`, 32 bits each, of which `first` is one. */
VECTOR_INLINE vlanes v_lanes(vec index, int32_t first, const size_t n) {
    const __m512i i = _mm512_castps_si512(index), lane = _mm512_sub_epi32(i, _mm512_set1_epi32(first));
    const bool near = !_mm512_mask_test_epi32_mask(v_first(n), lane, _mm512_set1_epi32(~(LANES - 1)));
    return (vlanes){near, (uint32_t)first, n, i, lane};
}

/* From the LANES elements of the row from `first` on. */
VECTOR_INLINE vec v_permute(vec x, vlanes l) {
    return _mm512_permutexvar_ps(l.lane, x);
}

/* From the row; nothing beyond it is read. */
VECTOR_INLINE vec v_look_up(const float *row, uint32_t width, vlanes l) {
    if (l.near)
        return v_permute(v_load_n(row + l.first, width - l.first < LANES ? width - l.first : LANES), l);
    return _mm512_mask_i32gather_ps(v_set(0), v_first(l.n), l.index, row, 4);
}

#include "../vector/resize_f32.h"
#endif
