#include "../kernels.h"

void nnz_steps_s8_scalar(const nnz_steps_s8 *a) {
    for (uint32_t c = 0; c < a->channels; c++) {
        const nnz_plane_steps *s = a->planes + c / 4;
        const size_t first = c / 4 * a->stride + c % 4;
        for (size_t i = first; i < first + 4 * a->pixels; i += 4) {
            uint8_t sum = (uint8_t)s->base[c % 4];
            for (uint32_t k = 0; k < a->count; k++)
                if (a->x[i] > s->above[k][c % 4])
                    sum = (uint8_t)(sum + s->step[k][c % 4]);
            const int y = a->x[i] + (int8_t)sum;
            a->y[i] = (int8_t)(y < INT8_MIN ? INT8_MIN : y > INT8_MAX ? INT8_MAX : y);
        }
    }
}
