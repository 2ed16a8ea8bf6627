#include "../kernels.h"

void nnz_lut_planes_s8_scalar(const nnz_lut_planes_s8 *a) {
    for (uint32_t c = 0; c < a->channels; c++) {
        const int8_t *table = a->tables + 256 * (size_t)c;
        const size_t first = c / 4 * a->stride + c % 4;
        for (size_t i = first; i < first + 4 * a->pixels; i += 4)
            a->y[i] = table[a->x[i] + 128];
    }
}
