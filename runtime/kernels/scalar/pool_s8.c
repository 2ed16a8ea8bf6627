/* pool_s8 in C: the reference for the others. */
#include "../pool_s8.h"

void nnz_pool_s8_scalar(const nnz_pool_s8 *a) {
    int8_t *y = a->y;
    for (uint32_t oy = 0; oy < a->out_height; oy++)
        for (uint32_t ox = 0; ox < a->out_width; ox++, y += 4)
            nnz_pool_s8_one(a, oy, ox, y);
}
