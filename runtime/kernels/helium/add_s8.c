/* add_s8 for Helium. */
#include "helium.h"

#ifdef NNZ_CORTEX_M_HELIUM

void nnz_add_s8_helium(const nnz_add_s8 *a) {
    const int32x4_t lo = vdupq_n_s32(a->lo), hi = vdupq_n_s32(a->hi);
    for (size_t i = 0; i < a->n; i += 4) {
        const mve_pred16_t p = vctp32q((uint32_t)(a->n - i));
        int32x4_t sum = vmlaq_n_s32(vdupq_n_s32(a->constant), vldrbq_z_s32(a->a + i, p), a->multiplier_a);
        sum = vmlaq_n_s32(sum, vldrbq_z_s32(a->b + i, p), a->multiplier_b);
        sum = vshlq_r_s32(sum, -(int32_t)a->shift);
        vstrbq_p_s32(a->y + i, vminq_s32(vmaxq_s32(sum, lo), hi), p);
    }
}

#endif
