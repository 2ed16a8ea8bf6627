#include "strided.h"

#include <string.h>

static int64_t magnitude(int64_t stride) {
    return stride < 0 ? -stride : stride;
}

static void set_axis(nnz_box *b, uint32_t i, uint32_t n, int64_t from, int64_t to) {
    b->dims[i] = n;
    b->from[i] = from;
    b->to[i] = to;
}

nnz_box nnz_simplify_box(const nnz_box *box) {
    nnz_box sorted = {0}, b = {0};
    for (uint32_t i = 0; i < box->rank; i++) {
        if (box->dims[i] == 1)
            continue;
        uint32_t k = sorted.rank++;
        for (; k > 0 && magnitude(sorted.to[k - 1]) < magnitude(box->to[i]); k--)
            set_axis(&sorted, k, sorted.dims[k - 1], sorted.from[k - 1], sorted.to[k - 1]);
        set_axis(&sorted, k, box->dims[i], box->from[i], box->to[i]);
    }
    for (uint32_t i = 0; i < sorted.rank; i++) {
        const uint32_t n = sorted.dims[i], last = b.rank - 1;
        const int64_t from = sorted.from[i], to = sorted.to[i];
        if (b.rank && b.from[last] == from * n && b.to[last] == to * n)
            set_axis(&b, last, b.dims[last] * n, from, to);
        else
            set_axis(&b, b.rank++, n, from, to);
    }
    return b;
}

/* The two innermost axes at work: `outer` x `inner` elements, strides in elements. */
typedef struct plane {
    uint32_t outer, inner;
    ptrdiff_t outer_from, outer_to, from, to;
} plane;

/* In tiles, so that a cache line is used up before it is evicted where the source's contiguous axis is `outer`; of 8,
 * because where the strides are powers of two, more lines than that compete for one set of the cache. */
#define MOVE_PLANE(type)                                                                                               \
    static void move_##type(const plane *p, const uint8_t *source, uint8_t *target) {                                  \
        enum { TILE = 8, SIZE = sizeof(type) };                                                                        \
        for (uint32_t j0 = 0; j0 < p->inner; j0 += TILE) {                                                             \
            const uint32_t j1 = p->inner - j0 < TILE ? p->inner : j0 + TILE;                                           \
            for (uint32_t i = 0; i < p->outer; i++) {                                                                  \
                const uint8_t *s = source + ((ptrdiff_t)i * p->outer_from + (ptrdiff_t)j0 * p->from) * SIZE;           \
                uint8_t *t = target + ((ptrdiff_t)i * p->outer_to + (ptrdiff_t)j0 * p->to) * SIZE;                     \
                for (uint32_t j = j0; j < j1; j++, s += p->from * SIZE, t += p->to * SIZE)                             \
                    memcpy(t, s, SIZE);                                                                                \
            }                                                                                                          \
        }                                                                                                              \
    }
MOVE_PLANE(uint8_t)
MOVE_PLANE(uint16_t)
MOVE_PLANE(uint32_t)
MOVE_PLANE(uint64_t)

static void move_plane(const plane *p, size_t element, const uint8_t *source, uint8_t *target) {
    if (p->from == 1 && p->to == 1) {
        for (uint32_t i = 0; i < p->outer; i++)
            memcpy(target + (ptrdiff_t)i * p->outer_to * (ptrdiff_t)element,
                   source + (ptrdiff_t)i * p->outer_from * (ptrdiff_t)element, p->inner * element);
        return;
    }
    switch (element) {
    case 1:
        move_uint8_t(p, source, target);
        break;
    case 2:
        move_uint16_t(p, source, target);
        break;
    case 4:
        move_uint32_t(p, source, target);
        break;
    case 8:
        move_uint64_t(p, source, target);
        break;
    }
}

/* Takes axis i out of the box. */
static void remove_axis(nnz_box *b, uint32_t i) {
    for (b->rank--; i < b->rank; i++)
        set_axis(b, i, b->dims[i + 1], b->from[i + 1], b->to[i + 1]);
}

/* Takes the two axes to work on out of the box: the target's innermost one, and the source's (or the next). */
static plane take_plane(nnz_box *b) {
    plane p = {.outer = 1, .inner = 1};
    if (b->rank) {
        const uint32_t i = b->rank - 1;
        p.inner = b->dims[i];
        p.from = (ptrdiff_t)b->from[i];
        p.to = (ptrdiff_t)b->to[i];
        remove_axis(b, i);
    }
    if (b->rank) {
        uint32_t i = b->rank - 1;
        for (uint32_t k = 0; k < b->rank; k++)
            if (magnitude(b->from[k]) == 1)
                i = k;
        p.outer = b->dims[i];
        p.outer_from = (ptrdiff_t)b->from[i];
        p.outer_to = (ptrdiff_t)b->to[i];
        remove_axis(b, i);
    }
    return p;
}

void nnz_move_box(const nnz_box *box, size_t element, const void *source, void *target) {
    nnz_box b = nnz_simplify_box(box);
    const plane p = take_plane(&b);
    uint32_t at[NNZ_MAX_RANK] = {0};
    for (;;) {
        int64_t from = 0, to = 0;
        for (uint32_t i = 0; i < b.rank; i++) {
            from += at[i] * b.from[i];
            to += at[i] * b.to[i];
        }
        move_plane(&p, element, (const uint8_t *)source + from * (ptrdiff_t)element,
                   (uint8_t *)target + to * (ptrdiff_t)element);
        uint32_t axis = b.rank;
        while (axis > 0 && ++at[axis - 1] == b.dims[axis - 1])
            at[--axis] = 0;
        if (!axis)
            return;
    }
}
