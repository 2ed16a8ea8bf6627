/*
 * spmm_s8_* for AVX2: whatever the encoding, the weights are nnz_s8_units. The rows of a group are walked in the order
 * of the plan, their results wait as bytes, and then become planes of four.
 */
#include "int8.h"

#ifdef NNZ_X86_64
#include "../vector/one_pointer.h"
#include "../vector/requantize_s8.h"

enum { WALK = NNZ_UNITS_TILE /* pixels, all of a tile */, VECTORS = WALK / PIXELS };

/* The results of a group's rows, each vector of 32 in the order of i_narrow_pair() and i_narrow_pair_bytes(). */
typedef int8_t group_results[NNZ_UNITS_GROUP][WALK];

/* A unit: its weights for every pixel, and where its columns of x begin. */
typedef struct unit {
    ivec w;
    const uint8_t *x;
} unit;

VECTOR_INLINE unit unit_at(const nnz_spmm_s8 *a, size_t at, const uint8_t *x) {
    x = s8_one_pointer(x + (size_t)a->exact.unit[at] * WALK * CELL);
    return (unit){i_set(i_word(a->exact.weights + 4 * at)), x};
}

VECTOR_INLINE ivec load(unit u, int v) {
    return _mm256_load_si256((const void *)(u.x + v * PIXELS * CELL));
}

/* Products with vector v of pixels, added in pairs of 16 bits. */
VECTOR_INLINE ivec products(unit u, int v) {
    return _mm256_maddubs_epi16(load(u, v), u.w);
}

VECTOR_INLINE ivec add_pairs(ivec sum, ivec pairs) {
    return i_add(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

/* The sums of a row for V vectors of pixels. */
VECTOR_INLINE void sum_row(const nnz_spmm_s8 *a, const nnz_s8_row *row, const uint8_t *x, const int V, ivec *sums) {
    const ivec start = i_set((int32_t)((uint32_t)a->bias[row->row] + (uint32_t)row->correction));
    for (int v = 0; v < V; v++)
        sums[v] = start;
    size_t at = row->at;
    for (const size_t end = at + 2 * (size_t)row->pairs; at < end; at += 2) {
        const unit first = unit_at(a, at, x), second = unit_at(a, at + 1, x);
        for (int v = 0; v < V; v++)
            sums[v] = add_pairs(sums[v], _mm256_add_epi16(products(first, v), products(second, v)));
    }
    for (const size_t end = at + row->singles; at < end; at++) {
        const unit single = unit_at(a, at, x);
        for (int v = 0; v < V; v++)
            sums[v] = add_pairs(sums[v], products(single, v));
    }
    for (const size_t end = at + row->wide; at < end; at++) {
        const unit wide = unit_at(a, at, x);
        const ivec negative = _mm256_cmpgt_epi8(_mm256_setzero_si256(), wide.w), w = _mm256_abs_epi8(wide.w);
        const ivec flip = _mm256_xor_si256(negative, _mm256_set1_epi8(-128)); /* x from x + 128, or ~x */
        for (int v = 0; v < V; v++)
            sums[v] = add_pairs(sums[v], _mm256_maddubs_epi16(w, _mm256_xor_si256(load(wide, v), flip)));
    }
}

/* The results of a row; all are the same where it has no weights, and a multiplier of any size, which takes long. */
VECTOR_INLINE void walk_row(const nnz_spmm_s8 *a, const nnz_s8_row *row, const uint8_t *x, const int V,
                            int8_t *results) {
    if (!(row->pairs | row->singles | row->wide)) {
        const int64_t y = (int64_t)a->zero + nnz_requantize(a->bias[row->row], a->multiplier[row->row], a->shift);
        __builtin_memset(results, nnz_clamp(y, INT8_MIN, INT8_MAX), WALK);
        return;
    }
    ivec sums[VECTORS] = {i_set(0)};
    sum_row(a, row, x, V, sums);
    i_requantize_all(sums, V, a->multiplier[row->row], a->shift, a->zero);
    for (int v = 0; v < V; v += 4) {
        const ivec low = i_narrow_pair(sums[v], sums[v + 1]), high = i_narrow_pair(sums[v + 2], sums[v + 3]);
        _mm256_store_si256((void *)(results + v * PIXELS), _mm256_packs_epi16(low, high));
    }
}

/* Rows [begin, end) of a group that begins with row `group`. */
VECTOR_INLINE void walk_rows(const nnz_spmm_s8 *a, uint32_t group, uint32_t begin, uint32_t end, const uint8_t *x,
                             const int V, group_results results) {
    const uint32_t left = a->exact.row_count - group, n = left < NNZ_UNITS_GROUP ? left : NNZ_UNITS_GROUP;
    for (const nnz_s8_row *row = a->exact.rows + group, *last = row + n; row < last; row++)
        if (row->row >= begin && row->row < end)
            walk_row(a, row, x, V, results[row->row - group]);
}

/* Four rows of results as words of four channels. */
VECTOR_INLINE void store_four(const nnz_spmm_s8 *a, int8_t (*results)[WALK], int8_t *y, uint32_t pixels) {
    const int32_t lo = a->lo, hi = a->hi;
    for (uint32_t done = 0; done < pixels; done += 4 * PIXELS) {
        ivec row[4], words[4];
        for (int i = 0; i < 4; i++)
            row[i] = i_clamp_bytes(_mm256_load_si256((const void *)(results[i] + done)), lo, hi);
        const ivec low01 = _mm256_unpacklo_epi8(row[0], row[1]), high01 = _mm256_unpackhi_epi8(row[0], row[1]);
        const ivec low23 = _mm256_unpacklo_epi8(row[2], row[3]), high23 = _mm256_unpackhi_epi8(row[2], row[3]);
        words[0] = _mm256_unpacklo_epi16(low01, low23);
        words[1] = _mm256_unpackhi_epi16(low01, low23);
        words[2] = _mm256_unpacklo_epi16(high01, high23);
        words[3] = _mm256_unpackhi_epi16(high01, high23);
        for (uint32_t v = 0, p = done; v < 4 && p < pixels; v++, p += PIXELS)
            i_store_n(y + 4 * p, words[v], pixels - p < PIXELS ? pixels - p : PIXELS);
    }
}

/* Rows [begin, end) of a group. */
VECTOR_INLINE void walk_group(const nnz_spmm_s8 *a, uint32_t group, uint32_t begin, uint32_t end) {
    _Alignas(32) group_results results;
    switch ((a->pixels + PIXELS - 1) / PIXELS) {
    case 1:
        walk_rows(a, group, begin, end, a->x, 1, results);
        break;
    case 2:
        walk_rows(a, group, begin, end, a->x, 2, results);
        break;
    case 3:
        walk_rows(a, group, begin, end, a->x, 3, results);
        break;
    case 4:
        walk_rows(a, group, begin, end, a->x, 4, results);
        break;
    case 5:
        walk_rows(a, group, begin, end, a->x, 5, results);
        break;
    case 6:
        walk_rows(a, group, begin, end, a->x, 6, results);
        break;
    case 7:
        walk_rows(a, group, begin, end, a->x, 7, results);
        break;
    case 8:
        walk_rows(a, group, begin, end, a->x, 8, results);
        break;
    }
    for (uint32_t row = end; row % 4; row++)
        __builtin_memset(results[row - group], 0, WALK);
    for (uint32_t row = begin; row < end; row += 4)
        store_four(a, results + (row - group), a->y + row / 4 * a->ldy, a->pixels);
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_dense)(const nnz_spmm_s8 *arguments) {
    const nnz_spmm_s8 a = *arguments; /* stores of bytes may alias them */
    for (uint32_t row = a.row_begin, next; row < a.row_end; row = next) {
        const uint32_t group = row - row % NNZ_UNITS_GROUP;
        next = a.row_end - group < NNZ_UNITS_GROUP ? a.row_end : group + NNZ_UNITS_GROUP;
        walk_group(&a, group, row, next);
    }
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_q1x4)(const nnz_spmm_s8 *a) {
    nnz_spmm_s8_dense_avx2(a);
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_s8_u1)(const nnz_spmm_s8 *a) {
    nnz_spmm_s8_dense_avx2(a);
}

#endif
