/* The weights of an int8 matrix as exact units (nnz_s8_units, kernel_s8.h), which the plan holds for AVX2, and for
 * AVX-512 VNNI where rows are long. */
#ifndef NNZ_EXACT_UNITS_H
#define NNZ_EXACT_UNITS_H

#include "../op.h"

/* An int8 matrix of encoding `dense`, `u1` or `q1x4`. */
typedef struct nnz_weights_s8 {
    bool singles; /* no unit is to be one of a pair, or wide */
    bool apart;   /* units are of any two columns: u1 for spmm_s8_u1 */
    int encoding; /* an NNZ_ value */
    uint32_t rows;
    uint32_t units; /* of four columns */
    uint32_t kblock, kblocks;
    const int8_t *values;
    const uint8_t *index;
    const uint16_t *count;
} nnz_weights_s8;

/* For kernels of a level. */
nnz_weights_s8 nnz_weights_s8_of(const nnz_model *model, const nnz_matrix_record *matrix, nnz_isa isa);

/* Whether spmm_s8_* of a level gets a matrix as units. Short rows of blocks do not pay for being sorted, by
 * measurement (docs/EXPERIMENTS-INT8.md). */
static inline bool nnz_exact_units_serve(nnz_isa isa, const nnz_matrix_record *m) {
    enum { LONG_ROW = 4 };
    return NNZ_S8_TAKES_UNITS(isa) ||
           (NNZ_S8_SORTS_BLOCKS(isa) && m->encoding == NNZ_Q1X4 && m->blocks >= LONG_ROW * (uint64_t)m->rows);
}

/* The bytes that they take, and writing them. */
uint64_t nnz_exact_units_bytes(const nnz_weights_s8 *w);
void nnz_exact_units_fill(const nnz_weights_s8 *w, void *memory);

/* Where they are in memory that is filled. */
nnz_s8_units nnz_exact_units_at(const void *memory);

#endif
