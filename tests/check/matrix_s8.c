#include "matrix_s8.h"

#include "ops/exact_units.h"
#include "quantized.h"

/* Adds a block with the values of `plain`; beyond the last row or column they are 0. */
static void add_block(check_matrix_s8 *m, uint32_t group, uint32_t unit) {
    for (uint32_t i = 0; i < m->height; i++)
        for (uint32_t k = 0; k < m->width; k++) {
            const uint32_t row = group * m->height + i, col = unit * m->width + k;
            if (row < m->rows && col < m->cols)
                m->values[(size_t)m->blocks * m->height * m->width + i * m->width + k] =
                    m->plain[(size_t)row * m->cols + col];
        }
    m->blocks++;
}

static void clear_block(check_matrix_s8 *m, uint32_t group, uint32_t unit) {
    for (uint32_t row = group * m->height; row < m->rows && row < (group + 1) * m->height; row++)
        for (uint32_t col = unit * m->width; col < m->cols && col < (unit + 1) * m->width; col++)
            m->plain[(size_t)row * m->cols + col] = 0;
}

void check_matrix_s8_make(check_matrix_s8 *m, uint32_t rows, uint32_t cols, int encoding, uint32_t percent) {
    *m = (check_matrix_s8){.rows = rows, .cols = cols, .dense = encoding == NNZ_DENSE};
    m->height = encoding == NNZ_DENSE || encoding == NNZ_Q8X4 ? 8 : 1;
    m->width = encoding == NNZ_U1 ? 1 : 4;
    m->units = (cols + m->width - 1) / m->width;
    m->groups = (rows + m->height - 1) / m->height;
    m->kblocks = m->dense ? 1 : (m->units + 255) / 256;
    m->kblock = (m->units + m->kblocks - 1) / m->kblocks;
    const size_t most = (size_t)m->groups * m->units;
    m->plain = check_bytes((size_t)rows * cols);
    m->values = check_zeros(most * m->height * m->width + 64); /* DATA ends with 64 bytes to read past */
    m->index = check_zeros(most + 64);
    m->count = check_zeros((size_t)m->kblocks * m->groups * sizeof *m->count);
    m->start = check_zeros((m->kblocks + 1) * sizeof *m->start);
    for (uint32_t kb = 0; kb < m->kblocks; kb++) {
        m->start[kb] = m->blocks;
        for (uint32_t g = 0; g < m->groups; g++)
            for (uint32_t u = kb * m->kblock; u < m->units && u < (kb + 1) * m->kblock; u++)
                if (m->dense || check_chance(percent)) {
                    m->index[m->blocks] = (uint8_t)(u - kb * m->kblock);
                    m->count[kb * m->groups + g]++;
                    add_block(m, g, u);
                } else {
                    clear_block(m, g, u);
                }
    }
    m->start[m->kblocks] = m->blocks;
}

void check_matrix_s8_cursors(const check_matrix_s8 *m, uint32_t row, uint32_t *cursor) {
    const uint32_t group = (row + m->height - 1) / m->height;
    for (uint32_t kb = 0; kb < m->kblocks; kb++) {
        cursor[kb] = m->start[kb];
        for (uint32_t g = 0; g < group; g++)
            cursor[kb] += m->count[kb * m->groups + g];
    }
}

int32_t *check_matrix_s8_bias(const check_matrix_s8 *m, const int32_t *bias, int32_t offset) {
    int32_t *result = check_memory(m->rows * sizeof *result);
    for (uint32_t r = 0; r < m->rows; r++) {
        int64_t sum = 0;
        for (uint32_t k = 0; k < m->cols; k++)
            sum += m->plain[(size_t)r * m->cols + k];
        result[r] = (int32_t)(bias[r] - offset * sum);
    }
    return result;
}

nnz_s8_units check_matrix_s8_units(const check_matrix_s8 *m, uint32_t units, nnz_isa isa, bool apart) {
    const nnz_weights_s8 weights = {
        .singles = !NNZ_S8_TAKES_UNITS(isa),
        .apart = apart,
        .encoding = m->dense        ? NNZ_DENSE
                    : m->width == 1 ? NNZ_U1
                                    : NNZ_Q1X4,
        .rows = m->rows,
        .units = units,
        .kblock = m->kblock,
        .kblocks = m->kblocks,
        .values = m->values,
        .index = m->index,
        .count = m->count,
    };
    void *memory = check_memory((size_t)nnz_exact_units_bytes(&weights));
    nnz_exact_units_fill(&weights, memory);
    return nnz_exact_units_at(memory);
}
