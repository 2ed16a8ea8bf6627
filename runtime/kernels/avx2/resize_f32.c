/* resize_f32 for AVX2. */
#include "vector.h"

#ifdef NNZ_X86_64

/* n elements of a row: each of the LANES from `first` on, or, not `near`, anywhere. */
typedef struct vlanes {
    bool near;
    uint32_t first;
    size_t n;
    __m256i index, lane; /* in the row; from `first` on */
} vlanes;

/* Those at `index`, 32 bits each, of which `first` is one. */
VECTOR_INLINE vlanes v_lanes(vec index, int32_t first, const size_t n) {
    const __m256i i = _mm256_castps_si256(index), lane = _mm256_sub_epi32(i, _mm256_set1_epi32(first));
    const __m256i far = _mm256_set1_epi32(~(LANES - 1)), inside = _mm256_castps_si256(v_first(n));
    const bool near = _mm256_testz_si256(lane, _mm256_and_si256(far, inside));
    return (vlanes){near, (uint32_t)first, n, i, lane};
}

/* From the LANES elements of the row from `first` on. */
VECTOR_INLINE vec v_permute(vec x, vlanes l) {
    return _mm256_permutevar8x32_ps(x, l.lane);
}

/* From the row; nothing beyond it is read. */
VECTOR_INLINE vec v_look_up(const float *row, uint32_t width, vlanes l) {
    if (l.near)
        return v_permute(v_load_n(row + l.first, width - l.first < LANES ? width - l.first : LANES), l);
    return _mm256_mask_i32gather_ps(v_set(0), row, l.index, v_first(l.n), 4);
}

#include "../vector/resize_f32.h"
#endif
