/* The multipliers of add_s8 in two parts of 16 bits: m = high x 2^15 + low. */
#ifndef NNZ_VECTOR_ADD_S8_MULTIPLIERS_H
#define NNZ_VECTOR_ADD_S8_MULTIPLIERS_H

#include "../../src/requantize.h"

enum { LOW_BITS = 15 };

/* Those of a and of b, in every pair of 16 bits. */
typedef struct add_multipliers {
    ivec low, high;
} add_multipliers;

VECTOR_INLINE ivec add_pair_of(int32_t a, int32_t b) {
    return i_set((int32_t)((uint32_t)(uint16_t)a | (uint32_t)(uint16_t)b << 16));
}

VECTOR_INLINE add_multipliers add_multipliers_of(const nnz_add_s8 *a) {
    const int32_t low_mask = (1 << LOW_BITS) - 1;
    return (add_multipliers){.low = add_pair_of(a->multiplier_a & low_mask, a->multiplier_b & low_mask),
                             .high = add_pair_of((int32_t)nnz_floor_shift(a->multiplier_a, LOW_BITS),
                                                 (int32_t)nnz_floor_shift(a->multiplier_b, LOW_BITS))};
}

#endif
