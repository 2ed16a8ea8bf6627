#include "affine_tables.h"

#include "sums.h"

enum { BYTES = 256, PLANE = 4 /* channels */ };

uint64_t nnz_affine_tables_bytes(uint32_t channels) {
    return (uint64_t)nnz_align(channels, PLANE) * BYTES;
}

void nnz_affine_tables_fill(nnz_affine_s8 a, nnz_affine_s8_fn affine, int8_t *tables) {
    int8_t x[BYTES * PLANE], y[BYTES * PLANE]; /* a plane, whose pixels are the bytes */
    for (int i = 0; i < BYTES * PLANE; i++)
        x[i] = (int8_t)(i / PLANE - 128);
    a.pixels = BYTES;
    const uint32_t channels = a.channels;
    for (uint32_t c = 0; c < channels; c += PLANE) {
        nnz_affine_s8 plane = a;
        plane.x = nnz_sum_at(a.x, 0, c);
        plane.x.x = x;
        plane.y.y = y;
        plane.channels = (uint32_t)nnz_min(PLANE, channels - c);
        affine(&plane);
        for (uint32_t i = 0; i < PLANE; i++)
            for (uint32_t byte = 0; byte < BYTES; byte++)
                tables[(c + i) * (size_t)BYTES + byte] = y[byte * PLANE + i];
    }
}
