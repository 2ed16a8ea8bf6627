/*
 * matvec_s8_u1 with AVX-512 VBMI, where the CPU has it: a K-block of x is a table of 256 bytes, in which 64 weights
 * look up their elements at once.
 */
#include "int8.h"
#include "look_up.h"

#ifdef NNZ_X86_64
#include "../vector/matvec_s8_u1.h"

enum { ROWS = PIXELS };

/* The first n bytes, the others 0; n may be more than 64. */
VBMI_INLINE __m512i load_first(const void *x, uint32_t n) {
    return _mm512_maskz_loadu_epi8(n < 64 ? ((__mmask64)1 << n) - 1 : ~(__mmask64)0, x);
}

/* n bytes of x with 128 added. */
VBMI_INLINE byte_table load_inputs(const int8_t *x, uint32_t n) {
    byte_table t;
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t left = n > 64 * i ? n - 64 * i : 0;
        t.rows[i] = _mm512_xor_si512(load_first(x + (left ? 64 * i : 0), left), _mm512_set1_epi8(-128));
    }
    return t;
}

/* Adds the products of a row's n weights in a K-block to `sum`. */
VBMI_INLINE __m512i add_products(__m512i sum, const byte_table *table, const uint8_t *index, const int8_t *w,
                                 uint32_t n) {
    for (uint32_t i = 0; i < n; i += 64) {
        const __m512i x = look_up(table, load_first(index + i, n - i));
        sum = _mm512_dpbusd_epi32(sum, x, load_first(w + i, n - i));
    }
    return sum;
}

/* The sums of sixteen vectors' lanes. */
VBMI_INLINE ivec sums_of(__m512i v[ROWS]) {
    for (int i = 0; i < 8; i++)
        v[i] = _mm512_add_epi32(_mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]),
                                _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]));
    for (int i = 0; i < 4; i++)
        v[i] = _mm512_add_epi32(_mm512_unpacklo_epi64(v[2 * i], v[2 * i + 1]),
                                _mm512_unpackhi_epi64(v[2 * i], v[2 * i + 1]));
    for (int n = 2; n; n /= 2) /* lanes of 128 bits */
        for (int i = 0; i < n; i++)
            v[i] = _mm512_add_epi32(_mm512_shuffle_i32x4(v[2 * i], v[2 * i + 1], 0x88),
                                    _mm512_shuffle_i32x4(v[2 * i], v[2 * i + 1], 0xDD));
    return v[0];
}

VBMI static void rows_by_tables(const nnz_matvec_s8 *a) {
    for (uint32_t row = a->row_begin; row < a->row_end; row += ROWS) {
        const uint32_t rows = a->row_end - row < ROWS ? a->row_end - row : ROWS;
        __m512i sums[ROWS];
        for (uint32_t r = 0; r < ROWS; r++)
            sums[r] = _mm512_setzero_si512();
        for (uint32_t kb = 0; kb < a->kblocks; kb++) {
            const uint32_t first = kb * a->kblock, left = a->units - first;
            const uint16_t *count = a->count + (size_t)kb * a->groups + row;
            const byte_table table = load_inputs(a->x + first, left < a->kblock ? left : a->kblock);
            for (uint32_t r = 0; r < rows; r++) {
                const size_t at = a->cursor[kb];
                sums[r] = add_products(sums[r], &table, a->index + at, a->values + at, count[r]);
                a->cursor[kb] += count[r];
            }
        }
        s8_finish_rows(a, row, rows, sums_of(sums));
    }
}

VECTOR_FUNCTION void VECTOR_NAME(matvec_s8_u1)(const nnz_matvec_s8 *a) {
    if (nnz_cpu_has_vbmi())
        rows_by_tables(a);
    else
        s8_u1_rows(a);
}
#endif
