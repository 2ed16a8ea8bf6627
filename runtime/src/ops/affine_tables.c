#include "affine_tables.h"

#include "sums.h"

enum { BYTES = 256, PLANE = 4 /* channels */ };

typedef int8_t plane_bytes[BYTES][PLANE]; /* a plane whose pixels are the bytes */

/* What the kernel makes of the plane that begins with channel `first`; returns how many of its channels there are. */
static uint32_t compute_plane(nnz_affine_s8 a, nnz_affine_s8_fn affine, uint32_t first, plane_bytes y) {
    plane_bytes x;
    for (int i = 0; i < BYTES; i++)
        for (int c = 0; c < PLANE; c++)
            x[i][c] = (int8_t)(i - 128);
    a.x = nnz_sum_at(a.x, 0, first);
    a.x.x = x[0];
    a.y.y = y[0];
    a.channels = (uint32_t)nnz_min(PLANE, a.channels - first);
    a.pixels = BYTES;
    affine(&a);
    return a.channels;
}

uint64_t nnz_affine_tables_bytes(uint32_t channels) {
    return (uint64_t)nnz_align(channels, PLANE) * BYTES;
}

void nnz_affine_tables_fill(nnz_affine_s8 a, nnz_affine_s8_fn affine, int8_t *tables) {
    for (uint32_t first = 0; first < a.channels; first += PLANE) {
        plane_bytes y;
        compute_plane(a, affine, first, y);
        for (int c = 0; c < PLANE; c++)
            for (int i = 0; i < BYTES; i++)
                *tables++ = y[i][c];
    }
}

/* The steps of a channel, which begin where results do not saturate any more. */
static uint32_t find_steps(plane_bytes y, uint32_t c, nnz_plane_steps *s) {
    int begin = 0;
    while (begin < BYTES - 1 && y[begin][c] == INT8_MIN)
        begin++;
    int sum = y[begin][c] - (begin - 128);
    uint32_t count = 0;
    s->base[c] = (int8_t)sum;
    for (int i = 0; i < BYTES; i++) {
        const int x = i - 128, step = y[i][c] - x - sum;
        if (nnz_clamp(x + sum, INT8_MIN, INT8_MAX) != y[i][c]) {
            if (!i || count == NNZ_STEPS_MAX)
                return NNZ_STEPS_MAX + 1;
            s->above[count][c] = (int8_t)(x - 1);
            s->step[count++][c] = (int8_t)step;
            sum += step;
        }
        if (sum < INT8_MIN || sum > INT8_MAX)
            return NNZ_STEPS_MAX + 1;
    }
    return count;
}

uint32_t nnz_affine_steps_fill(nnz_affine_s8 a, nnz_affine_s8_fn affine, nnz_plane_steps *planes) {
    uint32_t most = 0;
    for (uint32_t first = 0; first < a.channels && most <= NNZ_STEPS_MAX; first += PLANE) {
        plane_bytes y;
        const uint32_t channels = compute_plane(a, affine, first, y);
        nnz_plane_steps *s = planes + first / PLANE;
        *s = (nnz_plane_steps){0}; /* steps that a channel lacks are 0 */
        for (uint32_t c = 0; c < channels && most <= NNZ_STEPS_MAX; c++) {
            const uint32_t count = find_steps(y, c, s);
            most = count > most ? count : most;
        }
    }
    return most;
}
