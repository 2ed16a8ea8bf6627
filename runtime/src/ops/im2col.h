/* Which inputs the output pixels of a convolution have: tables in the plan, which the pack kernels read. */
#ifndef NNZ_IM2COL_H
#define NNZ_IM2COL_H

#include "window.h"

/*
 * Shared columns. Columns of the im2col matrix that differ in the tap's row alone hold the same inputs, shifted by
 * whole rows of outputs, if these taps are a multiple of the stride apart. Packed once for all of them, they are the
 * im2col matrix of a window of fewer rows, over the rows of outputs and some more.
 */
typedef struct nnz_shared_rows {
    nnz_window window;  /* of the first taps */
    uint32_t more_rows; /* of outputs */
} nnz_shared_rows;

nnz_shared_rows nnz_im2col_share(const nnz_window *window);

/* Where column k of an im2col packed so is, its channel 0 packed at 0: elements, rows of `pitch` behind each other. */
size_t nnz_im2col_column(const nnz_window *window, uint32_t out_width, uint32_t pitch, uint32_t column);

typedef struct nnz_im2col {
    uint32_t pixels, vectors; /* output pixels of an image, and sixteens of them */
    uint32_t taps;
    int32_t *tap_offset; /* [taps] */
    int32_t *offset;     /* [16 vectors] */
    uint16_t *mask;      /* [taps][vectors] */
    uint8_t *step;       /* [vectors] */
} nnz_im2col;

/* The sizes of the tables; nnz_im2col_place() lays them out in memory (NULL: only counts) and returns their bytes. */
nnz_im2col nnz_im2col_describe(const nnz_window *window, const nnz_map *out);
uint64_t nnz_im2col_place(nnz_im2col *tables, uint8_t *memory);

/* Offsets are in elements of a plane of `in`. (nnz_window_check() keeps its padded size below 2^28.) */
void nnz_im2col_fill(nnz_im2col *tables, const nnz_window *window, const nnz_map *in, const nnz_map *out);

#endif
