/*
 * The contracts of kernels on int8 (docs/FORMAT.md section 10). Results are the same bytes in every variant.
 */
#ifndef NNZ_KERNEL_S8_H
#define NNZ_KERNEL_S8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "isa.h"
#include "kernel_f32.h"

/*
 * What a variant adds to x before it multiplies: 128 where its instruction multiplies unsigned by signed bytes, else 0.
 * The caller subtracts NNZ_S8_OFFSET times a row's sum of weights from its bias.
 */
#define NNZ_S8_OFFSET(isa)                                                                                             \
    (!NNZ_ONLY_SMALL && ((isa) == NNZ_ISA_AVX2 || (isa) == NNZ_ISA_AVXVNNI || (isa) == NNZ_ISA_AVX512VNNI) ? 128 : 0)

/*
 * pack_s8: the im2col tile of an int8 convolution in units of four columns. A variant has its own form of a tile, of at
 * most nnz_s8_cell() bytes a unit and pixel, which only the spmm_s8 kernels of the same ISA read. Elements outside of x
 * are `zero`. Which inputs a pixel has is given twice: as the window's geometry, which small levels use, and as tables,
 * which the others use: those of pack_f32, but with offsets in pixels.
 */
typedef struct nnz_pack_s8 {
    const int8_t *x;
    uint8_t *y;   /* aligned to 64 */
    bool planes4; /* layout of x: a unit is a pixel's four channels at a tap; else four columns (channel, tap) */
    bool apart;   /* with NNZ_S8_TAKES_UNITS: for spmm_s8_u1, which takes columns one by one */
    size_t channel_stride;  /* bytes between channels, or planes of four (a multiple of 4) */
    uint32_t ldy;           /* pixels, a multiple of 16, for small levels of 4 */
    uint32_t cols, units;   /* all of them; columns from `cols` on are 0 */
    uint32_t first, pixels; /* output pixels */
    int8_t zero;
    uint32_t height, width, out_width, kernel_w;
    uint32_t stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    uint32_t taps;
    const int32_t *tap_offset;
    const int32_t *offset;
    const uint16_t *mask;
    size_t mask_stride;
    const uint8_t *step;
} nnz_pack_s8;
typedef void (*nnz_pack_s8_fn)(const nnz_pack_s8 *a);
enum { NNZ_S8_CELL = 8, NNZ_S8_CELL_SCALAR = 4 };
static inline size_t nnz_s8_cell(nnz_isa level) {
    return level == NNZ_ISA_SCALAR ? NNZ_S8_CELL_SCALAR : NNZ_S8_CELL;
}

/*
 * Exact units: int8 weights for AVX2, whose VPMADDUBSW multiplies unsigned by signed bytes and adds two neighbouring
 * products in 16 bits, with saturation. They are the units of four columns that are not all zero, row by row, each row
 * in the order in which no sum saturates:
 *
 *   pairs     two units whose 16-bit sums can be added: in columns 0 and 1 of both together, and in 2 and 3, the
 *             weights of one sign come to at most NNZ_UNIT_SUM_MAX
 *   singles   units that have no partner, for which alone the same holds
 *   wide      the others: exact as products of |w| and x or, where w is negative, ~x. `correction` is to be added to
 *             the row's bias for them: 128 times the wide weights, plus |w| of the negative ones
 *
 * Within groups of NNZ_UNITS_GROUP rows, rows with nearly the same numbers of units follow each other, so that the CPU
 * predicts the ends of their loops. For that alone AVX-512 VNNI, whose sums have 32 bits, takes 1x4 blocks of long rows
 * in this form, all of them single.
 *
 * For spmm_s8_u1 of AVX2 a unit is two weights of any two columns, or one and a zero, whose products are exact by
 * themselves: weights [w0, w1, w0, w1] and the columns unit[2 i] and unit[2 i + 1]. Any two such units are a pair: a
 * row has at most one single unit, and no wide ones.
 */
typedef struct nnz_s8_row {
    uint32_t row, at; /* its number, and where its units begin */
    uint16_t pairs, singles, wide;
    int32_t correction;
} nnz_s8_row;

typedef struct nnz_s8_units {
    const nnz_s8_row *rows;
    uint32_t row_count;
    const int8_t *weights; /* [units][4] */
    const uint16_t *unit;  /* [units]: their numbers in the tile, or columns [units][2]. Up to NNZ_UNITS_SLACK bytes
                              behind both may be read */
} nnz_s8_units;
enum { NNZ_UNIT_SUM_MAX = 128, NNZ_UNITS_GROUP = 128, NNZ_UNITS_SLACK = 28 /* bytes */ };

/* Rows before `end` of the group that begins with row `group`. */
static inline uint32_t nnz_units_group_rows(uint32_t group, uint32_t end) {
    return end - group < NNZ_UNITS_GROUP ? end - group : NNZ_UNITS_GROUP;
}

#define NNZ_S8_TAKES_UNITS(isa)  (!NNZ_ONLY_SMALL && (isa) == NNZ_ISA_AVX2)
#define NNZ_S8_SORTS_BLOCKS(isa) (!NNZ_ONLY_SMALL && (isa) == NNZ_ISA_AVX512VNNI)

/* Pixels of the widest tile. Where spmm_s8_* takes units they are also ldx, whatever the pixels: a constant makes a
 * shift of the multiplication that finds a unit. */
enum { NNZ_TILE_S8_MAX = 208, NNZ_UNITS_TILE = 64 };
static inline uint32_t nnz_tile_s8_max(nnz_isa level) {
    return NNZ_S8_TAKES_UNITS(level) ? NNZ_UNITS_TILE : NNZ_TILE_S8_MAX;
}

/* spmm_s8_*: y = clamp(zero + R(bias + W x)) over a packed tile, all K-blocks, for some rows of W: multiples of 8, or
 * the last. */
typedef struct nnz_spmm_s8 {
    const uint8_t *x; /* packed tile */
    uint32_t ldx;     /* pixels; with NNZ_S8_TAKES_UNITS, NNZ_UNITS_TILE */
    int8_t *y;        /* planes of four channels: row r of pixel p at y + r / 4 x ldy + 4 p + r mod 4 */
    size_t ldy;       /* bytes between planes */
    uint32_t pixels;  /* 1 to nnz_tile_s8_max() */
    uint32_t row_begin, row_end;
    nnz_s8_units exact; /* with NNZ_S8_TAKES_UNITS, and with NNZ_S8_SORTS_BLOCKS where it has rows, instead of the
                           matrix as it is stored, to `kblocks` */
    const int8_t *values;
    const uint8_t *index;
    const uint16_t *count;
    uint32_t *cursor;                        /* sparse: [kblocks], as in spmm_f32 */
    uint32_t groups, units, kblock, kblocks; /* units of the tile */
    const int32_t *bias, *multiplier;        /* [rows] */
    uint32_t shift;
    int32_t zero, lo, hi;
} nnz_spmm_s8;
typedef void (*nnz_spmm_s8_fn)(const nnz_spmm_s8 *a);

/* matvec_s8_*: y[r] = clamp(zero + R(bias[r] + W x)); up to 3 bytes behind x's columns are read, and multiplied by
 * zero. */
typedef struct nnz_matvec_s8 {
    const int8_t *x;
    int8_t *y;
    uint32_t row_begin, row_end;
    nnz_s8_units exact; /* u1 with NNZ_S8_TAKES_UNITS, instead of the matrix as it is stored, to `kblocks` */
    const int8_t *values;
    const uint8_t *index;
    const uint16_t *count;
    uint32_t *cursor;
    uint32_t groups, units, kblock, kblocks;
    const int32_t *bias, *multiplier;
    uint32_t shift;
    int32_t zero, lo, hi;
} nnz_matvec_s8;
typedef void (*nnz_matvec_s8_fn)(const nnz_matvec_s8 *a);

/*
 * depthwise_s8: one plane of four channels of a depthwise convolution, x outside of [height][width] being zero_x:
 *
 *   y[oy][ox][c] = clamp(zero + R(bias[c] + sum over ky, kx of w[ky][kx][c] x[oy stride_h + ky dilation_h - pad_top][ox
 * stride_w + kx dilation_w - pad_left][c], multiplier[c], shift))
 *
 * For levels that are not small, x is padded already: pad_top and pad_left are 0, and no tap lies outside. Vectors may
 * read, but not use, up to NNZ_DEPTHWISE_S8_SLACK bytes behind the last pixel of x that is needed, and up to 12 behind
 * w. Small levels have nnz_depthwise_s8_scratch() bytes of scratch.
 */
typedef struct nnz_depthwise_s8 {
    const int8_t *x, *w;
    int8_t *y;
    void *scratch;                    /* aligned to 8 */
    size_t ldx;                       /* pixels between rows of x */
    const int32_t *bias, *multiplier; /* [4] */
    uint32_t shift;
    int32_t zero, lo, hi;
    uint32_t height, width, out_height, out_width;
    uint32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    int8_t zero_x;
} nnz_depthwise_s8;
enum { NNZ_DEPTHWISE_S8_SLACK = 64 };

/* Columns of x, its padding among them, that a row of outputs needs. */
static inline uint32_t nnz_depthwise_s8_columns(uint32_t out_width, uint32_t kernel_w, uint32_t stride_w,
                                                uint32_t dilation_w) {
    return (out_width - 1) * stride_w + (kernel_w - 1) * dilation_w + 1;
}

/* For the weights, which Helium holds twice, and the rows of x that a row of outputs needs, as 16 bits. */
static inline uint64_t nnz_depthwise_s8_scratch(nnz_isa level, uint32_t columns, uint32_t kernel_h, uint32_t kernel_w,
                                                uint32_t dilation_h) {
    const uint64_t rows = (uint64_t)(kernel_h - 1) * dilation_h + 1;
    const uint64_t weights = (uint64_t)kernel_h * kernel_w * (level == NNZ_ISA_HELIUM ? 2 : 1);
    return level == NNZ_ISA_SCALAR ? 0 : 8 * (weights + rows * columns);
}
typedef void (*nnz_depthwise_s8_fn)(const nnz_depthwise_s8 *a);

/*
 * pool_s8: one plane of four channels. `function` is an NNZ_POOL_ value.
 * average_s8: an average in float32 (docs/FORMAT.md, qaverage). Each operation on floats is one of IEEE 754 by itself.
 */
typedef struct nnz_pool_s8 {
    const int8_t *x;
    int8_t *y;
    int function;
    uint32_t height, width, out_height, out_width;
    uint32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left, pad_bottom, pad_right;
    const int32_t *multiplier; /* averages of pool_s8: by the number of elements that is divided by */
    uint32_t shift;
    float scale_x, scale; /* average_s8 */
    int32_t zero_x, zero, lo, hi;
} nnz_pool_s8;
typedef void (*nnz_pool_s8_fn)(const nnz_pool_s8 *a);

/* add_s8: y[i] = clamp(floor((a[i] multiplier_a + b[i] multiplier_b + constant) / 2^shift)), i in [0, n); the sum fits
 * into 32 bits. y may be a or b. */
typedef struct nnz_add_s8 {
    const int8_t *a, *b;
    int8_t *y;
    size_t n;
    int32_t multiplier_a, multiplier_b, constant;
    uint32_t shift;
    int32_t lo, hi;
} nnz_add_s8;
typedef void (*nnz_add_s8_fn)(const nnz_add_s8 *a);

/* mul_s8: y[i] = clamp(zero + R((a[i] - zero_a) (b[i] - zero_b), multiplier, shift)), i in [0, n); with `repeat`, b[i
 * mod 4] stands for b[i]. y may be a, or b if it is not repeated. */
typedef struct nnz_mul_s8 {
    const int8_t *a, *b;
    int8_t *y;
    size_t n;
    bool repeat;
    int32_t zero_a, zero_b, multiplier;
    uint32_t shift;
    int32_t zero, lo, hi;
} nnz_mul_s8;
typedef void (*nnz_mul_s8_fn)(const nnz_mul_s8 *a);

/* lut_s8: y[i] = table[x[i] + 128], i in [0, n). y may be x. */
typedef void (*nnz_lut_s8_fn)(const int8_t table[256], const int8_t *x, int8_t *y, size_t n);

/* lut_planes_s8: the same with a table for each channel of planes of four. y may be x. */
typedef struct nnz_lut_planes_s8 {
    const int8_t *tables; /* [channels rounded up to 4][256] */
    const int8_t *x;      /* planes of four */
    int8_t *y;
    size_t stride; /* bytes between planes, of x and of y */
    uint32_t channels;
    size_t pixels;
} nnz_lut_planes_s8;
typedef void (*nnz_lut_planes_s8_fn)(const nnz_lut_planes_s8 *a);

/*
 * steps_s8: what lut_planes_s8 does of tables that are nearly x plus a number, without them: that number is the base of
 * x's channel and those steps together that x is above, modulo 256 an int8. The sum saturates. y may be x.
 */
enum { NNZ_STEPS_MAX = 8 };
typedef struct nnz_plane_steps {
    int8_t base[4];
    int8_t above[NNZ_STEPS_MAX][4], step[NNZ_STEPS_MAX][4];
} nnz_plane_steps;

typedef struct nnz_steps_s8 {
    const nnz_plane_steps *planes;
    uint32_t count; /* steps of each channel */
    const int8_t *x;
    int8_t *y;
    size_t stride; /* bytes between planes, of x and of y */
    uint32_t channels;
    size_t pixels;
} nnz_steps_s8;
typedef void (*nnz_steps_s8_fn)(const nnz_steps_s8 *a);

/* rescale_s8: y[i] = clamp(zero + floor(((x[i] - zero_x) 2^shift multiplier + 2^14) / 2^15)), i in [0, n); zero_x is an
 * int8, shift at most 7, multiplier in [0, 2^15). What lut_s8 does of a table that is a line, without one. y may be x.
 */
typedef struct nnz_rescale_s8 {
    const int8_t *x;
    int8_t *y;
    size_t n;
    uint32_t shift;
    int32_t zero_x, multiplier, zero, lo, hi;
} nnz_rescale_s8;
typedef void (*nnz_rescale_s8_fn)(const nnz_rescale_s8 *a);

/*
 * quantize_f32_s8: `channels` runs of float, channel c at x + c x_stride, to int8: interleaved by four, channel c of
 * pixel p at y + 4 p + c, or with `plain` (and one channel) at y + p. The channels that are missing to four become
 * anything. Each is the float32 product with `scale`, rounded half to even (NaN: 0), plus zero, clamped to [-128, 127].
 */
typedef struct nnz_quantize_f32_s8 {
    const float *x;
    int8_t *y;
    size_t x_stride, pixels;
    uint32_t channels; /* 1 to 4 */
    bool plain;
    bool divides; /* by the scale, instead of the product with it */
    float scale;
    int32_t zero; /* -128 to 127 */
} nnz_quantize_f32_s8;
typedef void (*nnz_quantize_f32_s8_fn)(const nnz_quantize_f32_s8 *a);

/* dequantize_s8_f32: the way back: y[c][p] = scale (x - zero), x as the y above. */
typedef struct nnz_dequantize_s8_f32 {
    const int8_t *x;
    float *y;
    size_t y_stride, pixels;
    uint32_t channels;
    bool plain;
    float scale;
    int32_t zero;
} nnz_dequantize_s8_f32;
typedef void (*nnz_dequantize_s8_f32_fn)(const nnz_dequantize_s8_f32 *a);

/*
 * What operators that compute in float32 between int8 products read and write: planes of four channels, channel c of
 * pixel p at x + c / 4 stride + 4 p + c mod 4.
 *
 *   v[c][p] = (scale (x - zero) + bias[c]) + residual_scale (residual - residual_zero)
 *
 * Each product and sum is rounded to float32. The channels that the last plane lacks are anything.
 */
typedef struct nnz_sum_s8 {
    const int8_t *x;
    const int8_t *residual; /* or NULL */
    const float *bias;      /* [channels] or NULL */
    size_t stride;          /* bytes between planes, of x and of the residual */
    float scale, residual_scale;
    int32_t zero, residual_zero;
} nnz_sum_s8;

typedef struct nnz_rounded_s8 {
    int8_t *y;     /* planes of four, rounded as quantize_f32_s8 does; or NULL: */
    float *real;   /* channel c at real + c stride */
    size_t stride; /* between planes of y, or between channels of `real` */
    float scale;
    int32_t zero;
} nnz_rounded_s8;

/* affine_s8: a function of sums (docs/FORMAT.md, qaffine). y may be x or the residual. */
typedef struct nnz_affine_s8 {
    nnz_sum_s8 x;
    nnz_rounded_s8 y;
    uint32_t channels;
    size_t pixels;
    int function; /* an NNZ_ACT_ value, with its parameters */
    float act[2];
    nnz_unary_f32_fn unary; /* of the same level or a lower one; NULL: the function is NNZ_ACT_NONE */
} nnz_affine_s8;
typedef void (*nnz_affine_s8_fn)(const nnz_affine_s8 *a);

/* layernorm_s8: sums, normalised over the channels of each pixel as in layernorm_f32. y may be x or the residual. */
typedef struct nnz_layernorm_s8 {
    nnz_sum_s8 x;
    nnz_rounded_s8 y;
    uint32_t channels;
    size_t pixels;
    const float *gamma, *beta; /* [channels], or NULL for 1 and 0 */
    float epsilon;
    float *scratch; /* [channels][16], aligned to 64; NULL for small levels */
} nnz_layernorm_s8;
typedef void (*nnz_layernorm_s8_fn)(const nnz_layernorm_s8 *a);

/*
 * matmul_s8: y[r][p] = clamp(zero + R(sum over k of (a[r][k] - zero_a) (b[k][p] - zero_b), multiplier, shift)), for
 * some rows and pixels of a product of activations. The planes of a are of four rows, (r, k) at a + r / 4 lda + 4 k +
 * r mod 4, or, if it is transposed, of four of depth, at a + k / 4 lda + 4 r + k mod 4. What planes lack is anything,
 * and rows that y's last plane lacks are written, too. The sums, and the three parts that it has without the zero
 * points, fit modulo 2^32: variants may add them up in any order.
 */
typedef struct nnz_matmul_s8 {
    const int8_t *a;
    const int8_t *b;      /* planes of four: (k, p) at b + k / 4 ldb + 4 p + k mod 4 */
    int8_t *y;            /* planes of four rows */
    size_t lda, ldb, ldy; /* bytes between planes */
    bool transposed;
    uint32_t rows, depth, pixels; /* rows: 1 to NNZ_MATMUL_ROWS */
    int32_t zero_a, zero_b, multiplier;
    uint32_t shift;
    int32_t zero, lo, hi;
    int8_t *scratch; /* nnz_matmul_s8_scratch() bytes, aligned to 64; NULL for small levels */
} nnz_matmul_s8;
typedef void (*nnz_matmul_s8_fn)(const nnz_matmul_s8 *a);
enum { NNZ_MATMUL_ROWS = 128 };

/* Each unit of four of depth: rows of a, as 16 bits at most, and 128 bytes of b. */
static inline uint64_t nnz_matmul_s8_scratch(uint32_t rows, uint32_t depth) {
    const uint64_t units = ((uint64_t)depth + 3) / 4;
    return units * ((rows + 7) / 8 * 64 + 128);
}

/*
 * softmax_s8: over the channels of each pixel of planes of four (docs/FORMAT.md, qsoftmax_planes). Each operation on
 * floats is one of IEEE 754 by itself. y may be x. The channels that the last plane of y lacks become anything.
 */
typedef struct nnz_softmax_s8 {
    const int8_t *x;
    int8_t *y;
    size_t stride; /* bytes between planes, of x and of y */
    uint32_t channels, pixels;
    const float *table; /* [32] */
    float factor;
    int32_t zero, lo, hi;
    float scale_x, scale; /* of softmax_exact_s8, like zero_x, instead of the table, the factor and the bounds */
    int32_t zero_x;
    float *scratch; /* [channels rounded up to 4][16], aligned to 64; NULL for small levels */
} nnz_softmax_s8;
typedef void (*nnz_softmax_s8_fn)(const nnz_softmax_s8 *a);

/*
 * The forms of which every float32 step is given (docs/FORMAT.md section 10.5): affine_exact_s8, of NNZ_ACT_NONE, _CLIP
 * and _GELU, layernorm_exact_s8 and softmax_exact_s8 take the arguments of the others, but that results are divided by
 * y's scale, the scratch of layernorm_exact_s8 is [channels][NNZ_EXACT_SCRATCH], and softmax_exact_s8 is of
 * scale_x (x - zero_x).
 */
enum { NNZ_EXACT_SCRATCH = 32 };

#endif
