/* int8 matrix-vector products: blocks of eight rows by four columns, of which MATVEC_PARTS vectors make the sums. */

#include "finish_rows_s8.h"

VECTOR_INLINE void s8_finish_block(const nnz_matvec_s8 *a, uint32_t row, const mvec *sums) {
    enum { VECTOR_ROWS = 8 / ROW_VECTORS };
    ivec rows[ROW_VECTORS];
    m_rows(rows, sums);
    for (int v = 0; v < ROW_VECTORS && row < a->row_end; v++, row += VECTOR_ROWS)
        s8_finish_rows(a, row, a->row_end - row < VECTOR_ROWS ? a->row_end - row : VECTOR_ROWS, rows[v]);
}

VECTOR_FUNCTION void VECTOR_NAME(matvec_s8_dense)(const nnz_matvec_s8 *a) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += 8) {
        mvec even[MATVEC_PARTS], odd[MATVEC_PARTS];
        m_clear(even);
        m_clear(odd);
        const int8_t *w = a->values + (size_t)row * a->units * 4, *x = a->x;
        for (const int8_t *end = w + (size_t)(a->units / 2) * 64; w != end; x += 8, w += 64) {
            m_dot(even, w, x);
            m_dot(odd, w + 32, x + 4);
        }
        if (a->units % 2)
            m_dot(even, w, x);
        m_add(even, odd);
        s8_finish_block(a, row, even);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(matvec_s8_q8x4)(const nnz_matvec_s8 *a) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += 8) {
        mvec even[MATVEC_PARTS], odd[MATVEC_PARTS];
        m_clear(even);
        m_clear(odd);
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            const uint32_t n = a->count[(size_t)kb * a->groups + row / 8];
            const uint8_t *index = a->index + a->cursor[kb];
            const int8_t *w = a->values + (size_t)a->cursor[kb] * 32, *x = a->x + (size_t)kb * a->kblock * 4;
            a->cursor[kb] += n;
            for (uint32_t pairs = n / 2; pairs; pairs--, w += 64, index += 2) {
                m_dot(even, w, x + 4 * index[0]);
                m_dot(odd, w + 32, x + 4 * index[1]);
            }
            if (n % 2)
                m_dot(even, w, x + 4 * index[0]);
        }
        m_add(even, odd);
        s8_finish_block(a, row, even);
    }
}
