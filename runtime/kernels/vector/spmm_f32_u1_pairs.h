/*
 * Each weight is one broadcast times V vectors of pixels. Two rows take turns: each hides the latency of the other's
 * sums. Most pairs have as many weights as the pair before, so that the CPU predicts where their loops end. Up to four
 * pixels behind whole vectors (7 x 7 are 3 x 16 + 1, 14 x 14 are 12 x 16 + 4) are a vector of four.
 */
#include "spmm_f32.h"

/* What the rows of a walk have in common, found once: beginning and ending a row costs as much as some weights. */
typedef struct pairs_walk {
    const float *bias; /* or NULL */
    const float *from; /* what the sums start from beside it, or NULL */
    size_t ldfrom;
    float *to;
    size_t ldto;
    size_t tail;
    bool is_far; /* `from` is a residual, which no cache may hold */
    bool clips;
    vec lo, hi;
} pairs_walk;

VECTOR_INLINE pairs_walk pairs_walk_of(const nnz_spmm_f32 *a, const int V) {
    float *const sums = a->sums ? a->sums : a->y;
    const size_t ldsums = a->sums ? a->ldsums : a->ldy;
    return (pairs_walk){
        .bias = a->first ? a->bias : NULL,
        .from = a->first ? a->residual : sums,
        .ldfrom = a->first ? a->ldr : ldsums,
        .to = a->last ? a->y : sums,
        .ldto = a->last ? a->ldy : ldsums,
        .tail = spmm_tail(a->pixels, V),
        .is_far = a->first && a->residual,
        .clips = a->last && (a->lo > -INFINITY || a->hi < INFINITY),
        .lo = v_set(a->lo),
        .hi = v_set(a->hi),
    };
}

/* The sums of a row over V vectors of pixels. If the last one is narrow, of up to four pixels, these lie in `four`. */
typedef struct pairs_sums {
    vec of[PAIRS_VECTORS];
    vfour four;
} pairs_sums;

VECTOR_INLINE void pairs_begin(const pairs_walk *walk, size_t row, const int V, const bool narrow, pairs_sums *sums) {
    if (walk->from) {
        const float *from = walk->from + row * walk->ldfrom;
        for (int v = 0; v < V - 1; v++)
            sums->of[v] = v_load(from + v * LANES);
        sums->of[V - 1] = v_load_n(from + (V - 1) * LANES, walk->tail);
    }
    if (walk->bias || !walk->from) {
        const vec bias = v_set(walk->bias ? walk->bias[row] : 0);
        for (int v = 0; v < V; v++)
            sums->of[v] = walk->from ? v_add(sums->of[v], bias) : bias;
    }
    if (narrow)
        sums->four = v_first_four(sums->of[V - 1]);
}

VECTOR_INLINE void pairs_end(const pairs_walk *walk, size_t row, const int V, const bool narrow, pairs_sums *sums) {
    if (narrow)
        sums->of[V - 1] = v_widen_four(sums->four);
    if (walk->clips)
        for (int v = 0; v < V; v++)
            sums->of[v] = v_min(walk->hi, v_max(walk->lo, sums->of[v]));
    float *to = walk->to + row * walk->ldto;
    for (int v = 0; v < V - 1; v++)
        v_store(to + v * LANES, sums->of[v]);
    v_store_n(to + (V - 1) * LANES, sums->of[V - 1], walk->tail);
}

VECTOR_INLINE void pairs_multiply(const nnz_spmm_f32 *a, float weight, size_t column, const int V, const bool narrow,
                                  const bool packed, pairs_sums *sums) {
    const float *x = spmm_keep(a->x + column * (packed ? NNZ_PAIRS_UNIT : a->pairs.unit));
    const vec w = v_set(weight);
    for (int v = 0; v < V - narrow; v++)
        sums->of[v] = v_fma(w, v_load(x + v * LANES), sums->of[v]);
    if (narrow)
        sums->four = v_fma_four(w, x + (V - 1) * LANES, sums->four);
}

/* R rows: R times `together` weights in turn, and those that the first one has `more`. */
VECTOR_INLINE void pairs_rows(const nnz_spmm_f32 *a, const pairs_walk *walk, const uint16_t *row, uint32_t together,
                              uint32_t more, const float *w, const uint16_t *column, const int R, const int V,
                              const bool narrow, const bool packed) {
    pairs_sums sums[2];
    for (int r = 0; r < R; r++)
        pairs_begin(walk, row[r], V, narrow, &sums[r]);
    for (; together; together--, w += R, column += R)
        for (int r = 0; r < R; r++)
            pairs_multiply(a, w[r], column[r], V, narrow, packed, &sums[r]);
    for (; more; more--, w++, column++)
        pairs_multiply(a, *w, *column, V, narrow, packed, &sums[0]);
    for (int r = 0; r < R; r++)
        pairs_end(walk, row[r], V, narrow, &sums[r]);
}

/* Prefetches what a row further on starts from. */
VECTOR_INLINE void pairs_prefetch_row(const pairs_walk *walk, size_t row, const int V) {
    enum { FLOATS_OF_LINE = 16 };
    for (int i = 0; i < V * (int)LANES; i += FLOATS_OF_LINE)
        __builtin_prefetch(walk->from + row * walk->ldfrom + i);
}

/* Prefetches weights further on, about as many as a pair has. */
VECTOR_INLINE void pairs_prefetch_weights(const float *w, const uint16_t *column) {
    enum { AHEAD = 512, FLOATS_OF_LINE = 16 };
    __builtin_prefetch(w + AHEAD);
    __builtin_prefetch(w + AHEAD + FLOATS_OF_LINE);
    __builtin_prefetch(column + AHEAD);
}

VECTOR_INLINE void pairs_all(const nnz_spmm_f32 *a, const int V, const bool narrow, const bool packed) {
    enum { AHEAD = 16 }; /* rows */
    const pairs_walk walk = pairs_walk_of(a, V);
    const uint16_t *row = a->pairs.row, *count = a->pairs.count;
    const float *w = a->pairs.values;
    const uint16_t *column = a->pairs.column;
    uint32_t left = a->pairs.rows;
    for (; left >= 2; left -= 2, row += 2, count += 2) {
        for (int r = 0; r < 2 && walk.is_far && left >= AHEAD + 2; r++)
            pairs_prefetch_row(&walk, row[AHEAD + r], V);
        pairs_prefetch_weights(w, column);
        const uint32_t longer = count[0], shorter = count[1];
        pairs_rows(a, &walk, row, shorter, longer - shorter, w, column, 2, V, narrow, packed);
        w += longer + shorter;
        column += longer + shorter;
    }
    if (left)
        pairs_rows(a, &walk, row, *count, 0, w, column, 1, V, narrow, packed);
}

VECTOR_INLINE void pairs_vectors(const nnz_spmm_f32 *a, const bool narrow, const bool packed) {
    switch ((a->pixels + LANES - 1) / LANES) {
    case 1:
        pairs_all(a, 1, narrow, packed);
        break;
    case 2:
        pairs_all(a, 2, narrow, packed);
        break;
    case 3:
        pairs_all(a, 3, narrow, packed);
        break;
    case 4:
        pairs_all(a, 4, narrow, packed);
        break;
    case 5:
        pairs_all(a, 5, narrow, packed);
        break;
#if PAIRS_VECTORS > 5
    case 6:
        pairs_all(a, 6, narrow, packed);
        break;
    case 7:
        pairs_all(a, 7, narrow, packed);
        break;
#endif
    }
}

VECTOR_INLINE void pairs_columns(const nnz_spmm_f32 *a, const bool packed) {
    enum { FOUR = 4 };
    const uint32_t last = a->pixels % LANES;
    if (LANES > 2 * FOUR && last && last <= FOUR)
        pairs_vectors(a, true, packed);
    else
        pairs_vectors(a, false, packed);
}

VECTOR_FUNCTION void VECTOR_NAME(spmm_f32_u1_pairs)(const nnz_spmm_f32 *arguments) {
    const nnz_spmm_f32 a = *arguments; /* nothing that is stored changes it: it stays in registers */
    if (a.pairs.unit == NNZ_PAIRS_UNIT)
        pairs_columns(&a, true);
    else
        pairs_columns(&a, false);
}
