#include "matrix.h"

static float *block_value(const check_matrix *m, uint32_t group, uint32_t column, uint32_t i) {
    return &m->plain[(size_t)(group * m->height + i) * m->cols + column];
}

/* Adds a block of random values; the rows beyond the last are 0. */
static void add_block(check_matrix *m, uint32_t group, uint32_t column) {
    for (uint32_t i = 0; i < m->height; i++) {
        float *value = &m->values[(size_t)m->blocks * m->height + i];
        if (group * m->height + i < m->rows)
            *value = *block_value(m, group, column, i) = check_uniform(-1, 1);
    }
    m->blocks++;
}

void check_matrix_make(check_matrix *m, uint32_t rows, uint32_t cols, uint32_t kblock, uint32_t height, bool dense,
                       uint32_t percent) {
    *m = (check_matrix){.rows = rows, .cols = cols, .height = height, .dense = dense, .kblock = kblock};
    m->kblocks = (cols + kblock - 1) / kblock;
    m->groups = (rows + height - 1) / height;
    const size_t most = (size_t)m->groups * cols;
    m->plain = check_zeros((size_t)rows * cols * sizeof(float));
    m->values = check_zeros(most * height * sizeof(float) + 64); /* DATA ends with 64 bytes to read past */
    if (dense) {
        for (uint32_t g = 0; g < m->groups; g++)
            for (uint32_t k = 0; k < cols; k++)
                add_block(m, g, k);
        return;
    }
    m->index = check_zeros(most + 64);
    m->count = check_zeros((size_t)m->kblocks * m->groups * sizeof *m->count);
    m->start = check_zeros((m->kblocks + 1) * sizeof *m->start);
    for (uint32_t kb = 0; kb < m->kblocks; kb++) {
        m->start[kb] = m->blocks;
        for (uint32_t g = 0; g < m->groups; g++)
            for (uint32_t k = kb * kblock; k < cols && k < (kb + 1) * kblock; k++)
                if (check_chance(percent)) {
                    m->index[m->blocks] = (uint8_t)(k - kb * kblock);
                    m->count[kb * m->groups + g]++;
                    add_block(m, g, k);
                }
    }
    m->start[m->kblocks] = m->blocks;
}

uint32_t check_matrix_cursor(const check_matrix *m, uint32_t kb, uint32_t row) {
    const uint32_t group = (row + m->height - 1) / m->height;
    uint32_t cursor = m->start[kb];
    for (uint32_t g = 0; g < group; g++)
        cursor += m->count[kb * m->groups + g];
    return cursor;
}

uint32_t check_matrix_row(const check_matrix *m) {
    return check_random(0, m->groups - 1) * m->height;
}
