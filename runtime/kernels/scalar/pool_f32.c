/* pool_f32 in C: the reference for the others. */
#include "../pool_f32.h"

void nnz_pool_f32_scalar(const nnz_pool_f32 *a) {
    float *y = a->y;
    for (uint32_t oy = 0; oy < a->out_height; oy++)
        for (uint32_t ox = 0; ox < a->out_width; ox++)
            *y++ = nnz_pool_one(a, oy, ox);
}
