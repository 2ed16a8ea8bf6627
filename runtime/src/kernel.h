/*
 * Kernels: the inner loops, one variant for each instruction set. They know nothing of models.
 *
 * A family is a function type and a contract; `runtime/kernels/scalar/` defines it in C (the oracle), the other folders
 * do the same faster. kernels.inc lists every variant once; declarations, the registry and the checker in tests/ are
 * made from it. Adding a variant: a short file beside the others, and a line in kernels.inc.
 */
#ifndef NNZ_KERNEL_H
#define NNZ_KERNEL_H

#include "nnz_registry.h"

typedef enum nnz_family {
    NNZ_FAMILY_NONE = 0,
    NNZ_FAMILY_PACK_F32,
    NNZ_FAMILY_SPMM_F32_DENSE,
    NNZ_FAMILY_SPMM_F32_U1,
    NNZ_FAMILY_SPMM_F32_RB4,
    NNZ_FAMILY_MATVEC_F32_DENSE,
    NNZ_FAMILY_MATVEC_F32_U1,
    NNZ_FAMILY_MATVEC_F32_F8X1,
    NNZ_FAMILY_EXPAND_F16,
    NNZ_FAMILY_EXPAND_S8,
    NNZ_FAMILY_EXPAND_S4,
    NNZ_FAMILY_MATVEC_NARROW_F16,
    NNZ_FAMILY_MATVEC_NARROW_S8,
    NNZ_FAMILY_MATVEC_NARROW_S4,
    NNZ_FAMILY_DEPTHWISE_F32,
    NNZ_FAMILY_UNARY_F32,
    NNZ_FAMILY_BINARY_F32,
    NNZ_FAMILY_SOFTMAX_F32,
    NNZ_FAMILY_POOL_F32,
    NNZ_FAMILY_REDUCE_F32,
    NNZ_FAMILY_LAYERNORM_F32,
    NNZ_FAMILY_PACK_S8,
    NNZ_FAMILY_SPMM_S8_DENSE,
    NNZ_FAMILY_SPMM_S8_U1,
    NNZ_FAMILY_SPMM_S8_Q1X4,
    NNZ_FAMILY_MATVEC_S8_DENSE,
    NNZ_FAMILY_MATVEC_S8_U1,
    NNZ_FAMILY_MATVEC_S8_Q8X4,
    NNZ_FAMILY_DEPTHWISE_S8,
    NNZ_FAMILY_POOL_S8,
    NNZ_FAMILY_ADD_S8,
    NNZ_FAMILY_MUL_S8,
    NNZ_FAMILY_LUT_S8,
    NNZ_FAMILY_RESCALE_S8,
    NNZ_FAMILY_QUANTIZE_F32_S8,
    NNZ_FAMILY_DEQUANTIZE_S8_F32,
    NNZ_FAMILY_MATMUL_S8,
    NNZ_FAMILY_SOFTMAX_S8,
} nnz_family;

/* Whether what runs `level` runs variants for `isa`: each architecture's levels include its lower ones. */
static inline bool nnz_isa_includes(nnz_isa level, nnz_isa isa) {
    const nnz_isa lowest = level >= NNZ_ISA_DSP ? NNZ_ISA_DSP : level >= NNZ_ISA_NEON ? NNZ_ISA_NEON : NNZ_ISA_AVX2;
    return isa == NNZ_ISA_SCALAR || (isa >= lowest && isa <= level);
}

/* A build for Cortex-M or 32-bit RISC-V knows the levels of small devices alone, and carries nothing for the others. */
#if (defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M') || (defined(__riscv_xlen) && __riscv_xlen == 32)
enum { NNZ_ONLY_SMALL = true };
#else
enum { NNZ_ONLY_SMALL = false };
#endif

/* Levels of small devices, and C for any machine: memory is dear. */
static inline bool nnz_isa_is_small(nnz_isa isa) {
    return NNZ_ONLY_SMALL || isa == NNZ_ISA_SCALAR || isa >= NNZ_ISA_DSP;
}

/* One variant. `function` is cast to the family's type where it is called. */
struct nnz_kernel {
    nnz_family family;
    nnz_isa isa;
    const char *name; /* "spmm_f32_u1_avx512" */
    void (*function)(void);
};

/*
 * Floats agree within rounding. ARMv7's vectors take subnormal numbers, below 2^-126, for 0: its variants may do so
 * with operands and results. int8 results are the same bytes in every variant.
 */

/* Clipping as every variant does it: NaN stays NaN. */
static inline float nnz_clip(float x, float lo, float hi) {
    x = lo > x ? lo : x;
    return hi < x ? hi : x;
}

/*
 * pack_f32: a slice of the im2col matrix of a convolution: for each row k of it (an input channel and a kernel tap),
 * `pixels` output pixels.
 *
 *   y[k][p] = mask(tap(k), p) ? channel(k)[offset[p] + tap_offset(k)] : 0       for p in [0, 16 ceil(pixels / 16))
 *
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
    const uint16_t *mask;  /* [taps][mask_stride], bit i of v: pixel 16 v + i of the tap is in x; 0 beyond pixels */
    size_t mask_stride;    /* at least ceil(pixels / 16) */
    const uint8_t
        *step; /* [ceil(pixels / 16)]: offset[16 v + i] = offset[16 v] + step i for all its pixels, 1 or 2; 0: none */
} nnz_pack_f32;
typedef void (*nnz_pack_f32_fn)(const nnz_pack_f32 *a);

/*
 * spmm_f32_*: y = clip(W x + init) over a packed tile, for some rows of W and some of its K-blocks.
 *
 * y[r][p] for r in [row_begin, row_end), p in [0, pixels). The sum starts from bias[r] + residual[r][p] (each where not
 * NULL) if `first`, else from y[r][p]; it is clipped to [lo, hi] if `last`. row_begin is a multiple of the encoding's
 * block rows; so is row_end, or it is the number of rows.
 */
typedef struct nnz_spmm_f32 {
    const float *x;  /* packed tile, or some pixels of unpacked planes: row k - kblock_begin x kblock at x + that x ldx;
                        readable to the next multiple of 16 pixels */
    uint32_t ldx;    /* elements, a multiple of 16 */
    float *y;        /* row 0, pixel 0 of the tile */
    size_t ldy;      /* elements between rows of y */
    uint32_t pixels; /* 1 to NNZ_TILE_MAX */
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
    bool first, last;
    float lo, hi;
} nnz_spmm_f32;
typedef void (*nnz_spmm_f32_fn)(const nnz_spmm_f32 *a);
enum { NNZ_TILE_MAX = 128 };

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
 * for rows 8 r + i in [0, rows); without an index, block b of a run meets x[b]. A scale may multiply the sum of the
 * values that share it. Behind values and scales may be read as in expand_*. `bias` may be y.
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

/* softmax_f32: over `n` elements at distance `stride`, for `count` neighbours (elements 1 apart): x and y may be the
 * same. */
typedef void (*nnz_softmax_f32_fn)(const float *x, float *y, size_t n, size_t stride, size_t count);

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
 * int8 (docs/FORMAT.md section 10). A variant's multiplications choose how it sees x: as it is, or with 128 added, so
 * that an unsigned operand meets signed weights. The caller subtracts NNZ_S8_OFFSET times a row's sum of weights from
 * its bias.
 */
#define NNZ_S8_OFFSET(isa) (!NNZ_ONLY_SMALL && ((isa) == NNZ_ISA_AVX2 || (isa) == NNZ_ISA_AVX512VNNI) ? 128 : 0)

/*
 * pack_s8: the im2col tile of an int8 convolution in units of four columns. A variant has its own form of a tile, of at
 * most nnz_s8_cell() bytes a unit and pixel, which only the spmm_s8 kernels of the same ISA read. Elements outside of x
 * are `zero`. Where pixels find their inputs stands twice: as the window's geometry, and in tables as in pack_f32,
 * offsets in pixels, which small levels do without.
 */
typedef struct nnz_pack_s8 {
    const int8_t *x;
    uint8_t *y;   /* aligned to 64 */
    bool planes4; /* layout of x: a unit is a pixel's four channels at a tap; else four columns (channel, tap) */
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

/* spmm_s8_*: y = clamp(zero + R(bias + W x)) over a packed tile, all K-blocks, for some rows of W: multiples of 8, or
 * the last. */
typedef struct nnz_spmm_s8 {
    const uint8_t *x; /* packed tile */
    uint32_t ldx;     /* pixels */
    int8_t *y;        /* planes of four channels: row r of pixel p at y + r / 4 x ldy + 4 p + r mod 4 */
    size_t ldy;       /* bytes between planes */
    uint32_t pixels;  /* 1 to NNZ_TILE_S8_MAX */
    uint32_t row_begin, row_end;
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
enum { NNZ_TILE_S8_MAX = 192 };

/* matvec_s8_*: y[r] = clamp(zero + R(bias[r] + W x)); up to 3 bytes behind x's columns are read and meet zeros. */
typedef struct nnz_matvec_s8 {
    const int8_t *x;
    int8_t *y;
    uint32_t row_begin, row_end;
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

/* pool_s8: one plane of four channels. `function` is an NNZ_POOL_ value. */
typedef struct nnz_pool_s8 {
    const int8_t *x;
    int8_t *y;
    int function;
    uint32_t height, width, out_height, out_width;
    uint32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left, pad_bottom, pad_right;
    const int32_t *multiplier; /* averages: by the number of elements that is divided by */
    uint32_t shift;
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
 * pixel p at y + 4 p + c, or with `plain` (and one channel) at y + p. The channels that are missing to four become 0.
 * Each is the float32 product with `scale`, rounded half to even (NaN: 0), plus zero, clamped to [-128, 127].
 */
typedef struct nnz_quantize_f32_s8 {
    const float *x;
    int8_t *y;
    size_t x_stride, pixels;
    uint32_t channels; /* 1 to 4 */
    bool plain;
    float scale;
    int32_t zero; /* -128 to 127 */
} nnz_quantize_f32_s8;
typedef void (*nnz_quantize_f32_s8_fn)(const nnz_quantize_f32_s8 *a);

/* dequantize_s8_f32: the way back: y[c][p] = scale (x - zero), x as the y above; then plus bias[c] where not NULL. With
 * `add`, that is added to y. Each product and sum is rounded by itself. */
typedef struct nnz_dequantize_s8_f32 {
    const int8_t *x;
    float *y;
    size_t y_stride, pixels;
    uint32_t channels;
    bool plain, add;
    float scale;
    int32_t zero;
    const float *bias; /* [channels] or NULL */
} nnz_dequantize_s8_f32;
typedef void (*nnz_dequantize_s8_f32_fn)(const nnz_dequantize_s8_f32 *a);

/*
 * matmul_s8: y[r][p] = clamp(zero + R(sum over k of (a[r][k] - zero_a) (b[k][p] - zero_b), multiplier, shift)), for
 * some rows and pixels of a product of activations. Rows that y's last plane lacks are written, too. The sums, and the
 * three parts that it has without the zero points, fit modulo 2^32: variants may add them up in any order.
 */
typedef struct nnz_matmul_s8 {
    const int8_t *a; /* panels [rows / 8][depth / 4][8][4], both rounded up: 0 beyond rows and depth; aligned to 4 */
    const int8_t *b; /* planes of four: unit k / 4 of pixel p at b + k / 4 x ldb + 4 p; anything beyond depth */
    int8_t *y;       /* planes of four rows */
    size_t ldb, ldy; /* bytes between planes */
    uint32_t rows, depth;
    uint32_t pixels; /* 1 to NNZ_MATMUL_PIXELS */
    int32_t zero_a, zero_b, multiplier;
    uint32_t shift;
    int32_t zero, lo, hi;
} nnz_matmul_s8;
typedef void (*nnz_matmul_s8_fn)(const nnz_matmul_s8 *a);
enum { NNZ_MATMUL_PIXELS = 128 };

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
    float *scratch; /* [channels rounded up to 4][16], aligned to 64; NULL for small levels */
} nnz_softmax_s8;
typedef void (*nnz_softmax_s8_fn)(const nnz_softmax_s8 *a);

#endif
