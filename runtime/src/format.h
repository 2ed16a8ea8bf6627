/* The records of docs/FORMAT.md as C structs: same names, same offsets. Read in place; little-endian machines only. */
#ifndef NNZ_FORMAT_H
#define NNZ_FORMAT_H

#include "nnz.h"

#include <stdint.h>

#define NNZ_MAGIC        0x1A5A4E4Eu
#define NNZ_PACKED_MAGIC 0x1B5A4E4Eu
#define NNZ_NONE         0xFFFFFFFFu

enum { NNZ_FORMAT_MAJOR = 0, NNZ_FORMAT_MINOR = 1, NNZ_MAX_SECTIONS = 32 };

#define NNZ_SECTION_ID(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

enum { NNZ_SECTION_REQUIRED = 1 };

typedef struct nnz_header_record {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t file_size;
    uint32_t crc32c;
    uint32_t section_count;
    uint32_t reserved[3];
} nnz_header_record;

typedef struct nnz_section_record {
    uint32_t id, flags, offset, size;
} nnz_section_record;

/* The header of a packed file, which the states of the lanes follow. */
typedef struct nnz_packed_record {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t packed_size, file_size;
    uint16_t tables, lanes;
    uint32_t reserved;
} nnz_packed_record;

enum { NNZ_KIND_ACTIVATION = 0, NNZ_KIND_CONSTANT = 1 };

enum { NNZ_LAYOUT_PLAIN = 0, NNZ_LAYOUT_PLANES4 = 1 };

typedef struct nnz_tensor_record {
    uint8_t dtype, rank, kind, layout;
    uint32_t dims[8];
    uint32_t data;
    float scale;
    int32_t zero_point;
    uint32_t reserved[4];
} nnz_tensor_record;

enum { NNZ_DENSE = 0, NNZ_U1 = 1, NNZ_RB4 = 2, NNZ_F8X1 = 3, NNZ_Q1X4 = 4, NNZ_Q8X4 = 5, NNZ_ENCODINGS = 6 };

typedef struct nnz_matrix_record {
    uint8_t encoding, dtype;
    uint16_t kblock;
    uint32_t rows, cols, blocks, nonzeros;
    uint32_t values, index, count, start;
    uint32_t scale, share;
    uint32_t reserved[5];
} nnz_matrix_record;

/* What the values of a matrix may be beside float32, int8 and float16: integers with scales. */
enum { NNZ_SCALED8 = 8, NNZ_SCALED4 = 9 };

enum {
    NNZ_ACT_NONE = 0,
    NNZ_ACT_CLIP = 1,
    NNZ_ACT_LEAKY_RELU = 2,
    NNZ_ACT_SIGMOID = 3,
    NNZ_ACT_TANH = 4,
    NNZ_ACT_HARD_SIGMOID = 5,
    NNZ_ACT_HARD_SWISH = 6,
    NNZ_ACT_EXP = 7,
    NNZ_ACT_SQRT = 8,
    NNZ_ACT_ABS = 9,
    NNZ_ACT_NEG = 10,
    NNZ_ACT_SILU = 11,
    NNZ_ACT_ERF = 12,
    NNZ_ACT_GELU = 13,
    NNZ_ACT_RECIPROCAL = 14,
    NNZ_ACT_LOG = 15,
    NNZ_ACT_GELU_TANH = 16,
    NNZ_ACT_COUNT = 17,
};

/* Rows and columns of a block. */
static inline uint32_t nnz_block_rows(const nnz_matrix_record *m) {
    return m->encoding == NNZ_RB4 ? 4 : m->encoding == NNZ_U1 || m->encoding == NNZ_Q1X4 ? 1 : 8;
}
static inline uint32_t nnz_block_cols(const nnz_matrix_record *m) {
    return m->encoding == NNZ_Q1X4 || m->encoding == NNZ_Q8X4 || (m->encoding == NNZ_DENSE && m->dtype == NNZ_INT8) ? 4
                                                                                                                    : 1;
}
static inline uint32_t nnz_groups(const nnz_matrix_record *m) {
    return (m->rows + nnz_block_rows(m) - 1) / nnz_block_rows(m);
}
static inline uint32_t nnz_units(const nnz_matrix_record *m) {
    return (m->cols + nnz_block_cols(m) - 1) / nnz_block_cols(m);
}
static inline uint32_t nnz_kblocks(const nnz_matrix_record *m) {
    return (nnz_units(m) + m->kblock - 1) / m->kblock;
}
/* Bits of a stored value. */
static inline uint32_t nnz_value_bits(const nnz_matrix_record *m) {
    switch (m->dtype) {
    case NNZ_FLOAT32:
        return 32;
    case NNZ_FLOAT16:
        return 16;
    case NNZ_SCALED4:
        return 4;
    }
    return 8;
}
/* Shares of a run of `blocks` blocks. */
static inline uint32_t nnz_shares(const nnz_matrix_record *m, uint32_t blocks) {
    return (blocks + m->share - 1) / m->share;
}

typedef struct nnz_op_record {
    uint16_t kind;
    uint8_t activation, reserved;
    uint16_t inputs, outputs;
    uint32_t args;
    uint32_t params, param_count;
    float act[2];
    uint32_t reserved2;
} nnz_op_record;

typedef struct nnz_io_record {
    uint32_t tensor;
    uint8_t rank, dtype, reserved[2];
    uint32_t dims[8];
    uint32_t view[8];
    uint32_t strides[8];
    uint32_t view_rank;
    uint32_t reserved2[5];
} nnz_io_record;

enum {
    NNZ_OP_CONV = 1,
    NNZ_OP_DEPTHWISE = 2,
    NNZ_OP_FC = 3,
    NNZ_OP_BINARY = 4,
    NNZ_OP_UNARY = 5,
    NNZ_OP_SOFTMAX = 6,
    NNZ_OP_POOL = 7,
    NNZ_OP_REDUCE = 8,
    NNZ_OP_COPY = 9,
    NNZ_OP_RESHAPE = 10,
    NNZ_OP_RESIZE = 11,
    NNZ_OP_CAST = 12,
    NNZ_OP_MATMUL = 13,
    NNZ_OP_LAYERNORM = 14,
    NNZ_OP_GATHER = 15,
    NNZ_OP_WHERE = 16,
    NNZ_OP_QCONV = 20,
    NNZ_OP_QDEPTHWISE = 21,
    NNZ_OP_QFC = 22,
    NNZ_OP_QADD = 23,
    NNZ_OP_QMUL = 24,
    NNZ_OP_QPOOL = 25,
    NNZ_OP_QLUT = 26,
    NNZ_OP_QSOFTMAX = 27,
    NNZ_OP_QUANTIZE = 28,
    NNZ_OP_DEQUANTIZE = 29,
    NNZ_OP_QMATMUL = 30,
    NNZ_OP_QSOFTMAX_PLANES = 31,
    NNZ_OP_QAFFINE = 32,
    NNZ_OP_QAVERAGE = 33,
    NNZ_OP_QLAYERNORM = 34,
    NNZ_OP_QSOFTMAX_EXACT = 35,
};

enum {
    NNZ_BINARY_ADD = 0,
    NNZ_BINARY_SUB = 1,
    NNZ_BINARY_MUL = 2,
    NNZ_BINARY_DIV = 3,
    NNZ_BINARY_MIN = 4,
    NNZ_BINARY_MAX = 5,
    NNZ_BINARY_PRELU = 6,
    NNZ_BINARY_POW = 7,
    NNZ_BINARY_COUNT = 8,
};

enum { NNZ_POOL_MAX = 0, NNZ_POOL_AVERAGE = 1, NNZ_POOL_AVERAGE_PADDED = 2 };
enum { NNZ_REDUCE_MEAN = 0, NNZ_REDUCE_SUM = 1, NNZ_REDUCE_MAX = 2, NNZ_REDUCE_MIN = 3 };
enum { NNZ_COPY_FILL = 1 };

#endif
