/*
 * The contracts of the kernels that compute in float32, some of them with narrow weights. Variants agree within
 * rounding. ARMv7's vectors replace subnormal numbers, below 2^-126, by 0: its variants may do so with operands and
 * results.
 */
#ifndef NNZ_KERNEL_F32_H
#define NNZ_KERNEL_F32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "isa.h"

/* Clipping as every variant does it: NaN stays NaN. */
static inline float nnz_clip(float x, float lo, float hi) {
    x = lo > x ? lo : x;
    return hi < x ? hi : x;
}

/*
 * pack_f32: a slice of the im2col matrix of a convolution: for each row k of it (an input channel and a kernel tap),
 * `pixels` output pixels.
 *
 *   y[k][p] = mask(tap(k), p) ? channel(k)[offset[p] + tap_offset(k)] : 0       for p in [0, pixels)
 *
 * and anything for further p below 16 ceil(pixels / 16), whose inputs may be read where the mask has them.
 * Rows k count from (channel, tap) in row-major order with `taps` taps a channel; the slice starts at row `first` (of
 * channel 0's first tap) and has `rows` rows.
 */
typedef struct nnz_pack_f32 {
    const float *x;        /* channel 0 */
    float *y;              /* aligned to 64 */
    size_t channel_stride; /* elements between channels */
    uint32_t ldy;          /* elements between rows of y, a multiple of 16 */
    uint32_t first, rows;
    uint32_t taps;
    const int32_t *tap_offset; /* [taps], elements */
    uint32_t pixels;
    const int32_t *offset; /* [16 ceil(pixels / 16)], elements, of tap 0; may be negative (masked there) */
    const uint16_t *mask;  /* [taps][mask_stride], bit i of v: pixel 16 v + i of the tap is in x */
    size_t mask_stride;    /* at least ceil(pixels / 16) */
    const uint8_t
        *step; /* [ceil(pixels / 16)]: offset[16 v + i] = offset[16 v] + step i for all its pixels, 1 or 2; 0: none */
} nnz_pack_f32;
typedef void (*nnz_pack_f32_fn)(const nnz_pack_f32 *a);

/*
 * spmm_f32_*: y = clip(W x + init) over a packed tile, for some rows of W and some of its K-blocks.
 *
 * y[r][p] for r in [row_begin, row_end), p in [0, pixels). The sum starts from bias[r] + residual[r][p] (each where not
 * NULL) if `first`, else from y[r][p]; products are added to it one by one, in the order of the columns (by fused
 * multiply-adds where the level has them); it is clipped to [lo, hi] if `last`. row_begin is a multiple of the
 * encoding's block rows; so is row_end, or it is the number of rows.
 *
 * Two kernels take weights in an order of the plan's instead of the file's, with the place of the column's pixels
 * beside each weight or block, so that no index is looked up:
 *
 * spmm_f32_u1_pairs takes single weights of one K-block as nnz_pairs: one loop multiplies two rows that have nearly as
 * many weights. The tile has at most NNZ_PAIRS_PIXELS(isa) pixels.
 *
 * spmm_f32_rb4 may take blocks as an nnz_walk: those of a group of rows in all K-blocks of the call are consecutive, so
 * that the CPU has one loop's end to predict instead of one for each K-block.
 */
typedef struct nnz_pairs {
    uint32_t rows;          /* two a pair; the last one may be alone */
    const uint16_t *row;    /* [rows]: their numbers, sorted by their weights, most first */
    const uint16_t *count;  /* [rows]: how many weights they have */
    const float *values;    /* of each pair: the two rows' weights by turns, then what the first row has more of */
    const uint16_t *column; /* for each value: its pixels begin at x + column x unit */
    uint32_t unit;          /* elements: NNZ_PAIRS_UNIT for packed columns, else ldx */
} nnz_pairs;
typedef struct nnz_walk {
    const uint32_t *start; /* [groups + 1]: the first block of each group of rows */
    const float *values;
    const uint32_t *place; /* bytes from x to the pixels of the block's column */
} nnz_walk;
typedef struct nnz_spmm_f32 {
    const float *x; /* packed tile, or some pixels of planes in place: with j = k - kblock_begin x kblock, column k is
                       at x + j ldx, or at x + offset[j]; readable to the next multiple of 16 pixels */
    uint32_t ldx;   /* elements, a multiple of 16 */
    const uint32_t *offset; /* elements, of the columns from kblock_begin x kblock on, or NULL */
    float *y;               /* row 0, pixel 0 of the tile */
    size_t ldy;             /* elements between rows of y */
    uint32_t pixels;        /* 1 to NNZ_TILE_MAX */
    uint32_t row_begin, row_end;
    const float *values;   /* dense: the whole matrix; else the blocks of the whole matrix */
    const uint8_t *index;  /* sparse: of the whole matrix */
    const uint16_t *count; /* sparse: [kblocks][groups] of the whole matrix */
    uint32_t *cursor; /* sparse: [kblock_end - kblock_begin]: the next block of each K-block, at row_begin; moved to
                         row_end */
    uint32_t groups;  /* of the whole matrix */
    uint32_t cols;    /* of the whole matrix */
    uint32_t kblock;  /* index units in a K-block (sparse), columns in one (dense) */
    uint32_t kblock_begin, kblock_end;
    const float *bias;     /* [rows] or NULL */
    const float *residual; /* as y, or NULL */
    size_t ldr;            /* elements between rows of residual */
    bool first, last;
    float lo, hi;
    nnz_walk walk;   /* spmm_f32_rb4: unless start is NULL, instead of offset, values, index, count and cursor */
    nnz_pairs pairs; /* spmm_f32_u1_pairs: instead of rows, offset, values, index, count and cursor */
    float *sums;     /* spmm_f32_u1_pairs: where incomplete sums are kept, row r at sums + r ldsums; NULL: in y */
    size_t ldsums;
} nnz_spmm_f32;
typedef void (*nnz_spmm_f32_fn)(const nnz_spmm_f32 *a);
enum {
    NNZ_TILE_MAX = 128,
    NNZ_PAIRS_UNIT = 2, /* elements: 8 bytes, by which x86 can multiply in an address */
};

/* Whether spmm_f32_u1_pairs is faster than spmm_f32_u1 on a level, if there are many pixels. */
#define NNZ_TAKES_PAIRS(isa) (!NNZ_ONLY_SMALL && nnz_isa_includes(isa, NNZ_ISA_AVX2))

/* Whether spmm_f32_rb4 is faster with an nnz_walk on a level, if there are many pixels. */
#define NNZ_TAKES_WALKS(isa) (!NNZ_ONLY_SMALL && nnz_isa_includes(isa, NNZ_ISA_AVX2))

/* Pixels of a tile for pairs, at most: so many sums of two rows stay in registers. */
#define NNZ_PAIRS_PIXELS(isa) (nnz_isa_includes(isa, NNZ_ISA_AVX512) ? 80u : 56u)

/* Moves x and offset on by so many K-blocks. */
static inline void nnz_spmm_skip(nnz_spmm_f32 *a, uint32_t kblocks) {
    const size_t columns = (size_t)kblocks * a->kblock;
    if (a->offset)
        a->offset += columns;
    else
        a->x += columns * a->ldx;
}

/* The pixels of column `k`, counted from kblock_begin x kblock on. */
static inline const float *nnz_spmm_column(const nnz_spmm_f32 *a, uint32_t k) {
    return a->x + (a->offset ? a->offset[k] : (size_t)k * a->ldx);
}

/*
 * matvec_f32_*: y[r] = clip(sum over k of W[r][k] x[k] + bias[r]) for r in [row_begin, row_end), multiples of the block
 * rows but for the last. `x` may be read, but not used, up to 64 bytes past its end. `start` as in the file, `cursor`
 * as in spmm_f32 over all K-blocks. `bias` may be y.
 */
typedef struct nnz_matvec_f32 {
    const float *x;
    float *y;
    uint32_t row_begin, row_end;
    const float *values;
    const uint8_t *index;
    const uint16_t *count;
    uint32_t *cursor; /* [kblocks] */
    uint32_t groups, cols, kblock, kblocks;
    const float *bias; /* [rows] or NULL */
    float lo, hi;
} nnz_matvec_f32;
typedef void (*nnz_matvec_f32_fn)(const nnz_matvec_f32 *a);

/*
 * expand_*: blocks of a matrix of narrow values (docs/FORMAT.md section 5), in the order of the file, as float32:
 *
 *   f16   y[i] = value i
 *   s8    y[i] = value i x scale of its row:   float [runs][height]
 *   s4    y[i] = value i x scale of its share: float16 [shares of the runs][height]
 *
 * for the values i of runs [0, runs), run r being count[r] blocks. Up to 64 bytes behind values and scales may be read,
 * but not used, and up to 64 bytes behind y written.
 */
typedef struct nnz_expand {
    const void *values;    /* of the whole matrix */
    size_t first;          /* the block of the matrix that the first run begins with */
    const uint16_t *count; /* [runs] */
    uint32_t runs;
    uint32_t height;   /* rows of a block: 1, 4 or 8 */
    uint32_t share;    /* s4: blocks of a share */
    const void *scale; /* s8, s4: those of the first run on */
    float *y;
} nnz_expand;
typedef void (*nnz_expand_fn)(const nnz_expand *a);

/*
 * matvec_narrow_*: a product with runs of blocks of eight rows, whose values are as in expand_*:
 *
 *   y[8 r + i] = clip(sum over the blocks b of run r of value[b][i] x[index[b]] + bias[8 r + i])
 *
 * for rows 8 r + i in [0, rows); without an index, block b of a run is multiplied by x[b]. A scale may multiply the sum
 * of the values that share it. Up to 64 bytes behind values and scales may be read, but not used. `bias` may be y.
 */
typedef struct nnz_matvec_narrow {
    const float *x;
    float *y;
    uint32_t rows;
    const void *values;    /* of the whole matrix */
    size_t first;          /* the block of the matrix that the first run begins with */
    const uint16_t *count; /* [runs] */
    const uint8_t *index;  /* of the blocks from the first on, or NULL */
    uint32_t share;        /* s4: blocks of a share */
    const void *scale;     /* s8, s4: those of the first run on */
    const float *bias;     /* [rows] or NULL */
    float lo, hi;
} nnz_matvec_narrow;
typedef void (*nnz_matvec_narrow_fn)(const nnz_matvec_narrow *a);

/*
 * depthwise_f32: planes of a depthwise convolution, each at the stride behind the one before and with its own weights
 * [kernel_h][kernel_w] and bias, x outside of [height][width] being 0:
 *
 *   y[oy][ox] = clip(bias + residual[oy][ox] + sum of w[ky][kx] x[oy stride_h + ky dilation_h - pad_top][ox stride_w +
 * kx dilation_w - pad_left])
 */
typedef struct nnz_depthwise_f32 {
    const float *x, *w;
    const float *bias;     /* or NULL */
    const float *residual; /* or NULL */
    float *y;
    uint32_t planes;
    size_t x_stride, y_stride, residual_stride; /* elements */
    float lo, hi;
    uint32_t height, width, out_height, out_width;
    uint32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
} nnz_depthwise_f32;
typedef void (*nnz_depthwise_f32_fn)(const nnz_depthwise_f32 *a);

/* unary_f32: y[i] = f(x[i]), i in [0, n); `function` is an NNZ_ACT_ value, act its parameters. x and y are the same or
 * do not overlap. */
typedef void (*nnz_unary_f32_fn)(int function, const float act[2], const float *x, float *y, size_t n);

/* binary_f32: y[i] = f(a[i x a_step], b[i x b_step]); steps are 0 or 1; `function` is an NNZ_BINARY_ value. y may be a
 * or b. */
typedef void (*nnz_binary_f32_fn)(int function, const float *a, size_t a_step, const float *b, size_t b_step, float *y,
                                  size_t n);

/* softmax_f32: over `n` elements, ldx apart in x and ldy in y, for `count` neighbours (elements 1 apart): x and y may
 * be the same. */
typedef void (*nnz_softmax_f32_fn)(const float *x, size_t ldx, float *y, size_t ldy, size_t n, size_t count);

/* layernorm_f32: y = (x - mean) / sqrt(variance + epsilon) gamma + beta over `n` elements at distance `stride`, for
 * `count` neighbours (elements 1 apart); the variance is the mean of the squares of x - mean. x and y may be the same.
 */
typedef struct nnz_layernorm_f32 {
    const float *x;
    float *y;
    size_t n, stride, count;
    const float *gamma, *beta; /* [n], or NULL for 1 and 0 */
    float epsilon;
} nnz_layernorm_f32;
typedef void (*nnz_layernorm_f32_fn)(const nnz_layernorm_f32 *a);

/* pool_f32: one plane. `function` is an NNZ_POOL_ value. */
typedef struct nnz_pool_f32 {
    const float *x;
    float *y;
    int function;
    uint32_t height, width, out_height, out_width;
    uint32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left, pad_bottom, pad_right;
} nnz_pool_f32;
typedef void (*nnz_pool_f32_fn)(const nnz_pool_f32 *a);

/*
 * reduce_f32: y[i] = sum, maximum or minimum (`function`: NNZ_REDUCE_SUM, _MAX, _MIN) of x[i n ... i n + n), i in [0,
 * count), n at least 1. A sum runs from the first element to the last, as in the frameworks that models come from: on
 * long runs the rounding of another order would differ by more than their results' tolerance. NaN among x gives NaN.
 */
typedef void (*nnz_reduce_f32_fn)(int function, const float *x, size_t n, float *y, size_t count);

/*
 * resize_f32: neighbouring rows of a plane of outputs, each element a weighted sum of `taps` rows and of `taps` columns
 * of a plane of x:
 *
 *   y[r][i] = sum over t of column_weight[i][t] z[r][column_index[i][t]]
 *   z[r][j] = sum over t of row_weight[r][t] x[row_index[r][t]][j]
 */
enum { NNZ_RESIZE_ROWS = 4 }; /* rows of outputs at most */
typedef struct nnz_resize_f32 {
    const float *x; /* [height][width] */
    float *y;       /* [rows][out_width] */
    float *z;       /* [rows][width]: where the sums of rows go */
    uint32_t rows, width, out_width, taps;
    const int32_t *row_index, *column_index;
    const float *row_weight, *column_weight;
} nnz_resize_f32;
typedef void (*nnz_resize_f32_fn)(const nnz_resize_f32 *a);

/*
 * winograd_*: what minimal filtering does before and behind its products (Winograd 1980; Lavin and Gray,
 * arXiv:1509.09308): F(m x m, r x r) with m + r - 1 = 6, the polynomials of a row being evaluated at 0, a, -a, b, -b
 * and infinity, where a = sqrt(1/2) and b = sqrt(2): with these points results round as those of direct sums do. A tile
 * of m x m outputs is made of 6 x 6 inputs of each channel. One with a stride is a sum of convolutions without: over
 * every phase (py, px) of a channel, its pixels (py + i stride, px + j stride). m is 3 or 4, the stride 1 or 2.
 *
 * winograd_input_f32: B^T d B of the tiles of a channel, d being 6 x 6 pixels of a phase, and x outside of
 * [height][width] being 0:
 *
 *   v[(6 i + j) ldpoint + (stride py + px) ldv + tile] = sum over k, l of B[k][i] B[l][j] d[k][l]
 *   d[k][l] = x[top + py + stride (m row + k)][left + px + stride (m column + l)]     for tile = row tiles + column
 *
 * winograd_output_f32: A^T p A of tiles of `rows` rows of the weights, p[6][6] being a tile's products:
 *
 *   y[r][m row + i][m column + j] = clip(sum over k, l of A[k][i] A[l][j] p[k][l] + bias[r] + residual[r][likewise])
 *   p[k][l] = products[(6 k + l) ldpoint + r ldproducts + tile]
 *
 * for the outputs that lie in [height][width]. Up to 64 bytes behind products may be read.
 */
enum { NNZ_WINOGRAD_POINTS = 6, NNZ_WINOGRAD_M_MAX = 4 };
#define NNZ_WINOGRAD_A 0.70710678118654752440 /* a^2 = 1/2 */
#define NNZ_WINOGRAD_B 1.41421356237309504880 /* b^2 = 2 */
typedef struct nnz_winograd_input_f32 {
    const float *x; /* rows that are needed are there */
    uint32_t height, width;
    int32_t top, left; /* of the first tile, in pixels of x */
    uint32_t stride, m;
    uint32_t tile_rows, tiles; /* of a row */
    float *v;
    size_t ldpoint, ldv;
    float *lines; /* scratch: nnz_winograd_lines() elements, aligned to 64 */
} nnz_winograd_input_f32;
typedef void (*nnz_winograd_input_f32_fn)(const nnz_winograd_input_f32 *a);

typedef struct nnz_winograd_output_f32 {
    const float *products;
    size_t ldpoint, ldproducts;
    float *y;               /* of the first row of the weights, the first output of the first tile */
    size_t ldy;             /* elements between rows of the weights */
    uint32_t height, width; /* outputs from there on; a row of them is `width` elements */
    uint32_t m, rows, tile_rows, tiles;
    const float *bias;     /* [rows] or NULL */
    const float *residual; /* as y, or NULL; may be y */
    size_t ldr;
    float lo, hi;
} nnz_winograd_output_f32;
typedef void (*nnz_winograd_output_f32_fn)(const nnz_winograd_output_f32 *a);

/* Elements of a line: every (stride m)th pixel of a row of x, for all tiles and as many further on as tiles overlap. */
static inline size_t nnz_winograd_line(uint32_t tiles) {
    enum { BEHIND = 16 };
    return (tiles + 15) / 16 * 16 + (size_t)BEHIND;
}

/* The rows of x that tiles are made of, each as stride m lines. */
static inline size_t nnz_winograd_lines(uint32_t stride, uint32_t m, uint32_t tile_rows, uint32_t tiles) {
    const size_t rows = (size_t)stride * (m * (tile_rows - 1) + NNZ_WINOGRAD_POINTS);
    return rows * stride * m * nnz_winograd_line(tiles);
}

#endif
