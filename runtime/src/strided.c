#include "strided.h"

#include <string.h>

/* Drops axes of length 1 and merges neighbours that are contiguous in both arrays. */
static nnz_box simplify(const nnz_box *box) {
    nnz_box b = {0};
    for (uint32_t i = 0; i < box->rank; i++) {
        if (box->dims[i] == 1)
            continue;
        uint32_t last = b.rank - 1;
        if (b.rank && b.from[last] == box->from[i] * box->dims[i] && b.to[last] == box->to[i] * box->dims[i]) {
            b.dims[last] *= box->dims[i];
            b.from[last] = box->from[i];
            b.to[last] = box->to[i];
        } else {
            b.dims[b.rank] = box->dims[i];
            b.from[b.rank] = box->from[i];
            b.to[b.rank] = box->to[i];
            b.rank++;
        }
    }
    return b;
}

/* A loop over n elements of a constant size, which the compiler turns into plain moves. */
#define MOVE_RUN(type)                                                                                                 \
    for (uint32_t i = 0; i < n; i++)                                                                                   \
    memcpy(target + (ptrdiff_t)i * to * (ptrdiff_t)sizeof(type),                                                       \
           source + (ptrdiff_t)i * from * (ptrdiff_t)sizeof(type), sizeof(type))

static void move_run(uint32_t n, size_t element, const uint8_t *source, ptrdiff_t from, uint8_t *target, ptrdiff_t to) {
    if (from == 1 && to == 1) {
        memcpy(target, source, n * element);
        return;
    }
    switch (element) {
    case 1:
        MOVE_RUN(uint8_t);
        break;
    case 2:
        MOVE_RUN(uint16_t);
        break;
    case 4:
        MOVE_RUN(uint32_t);
        break;
    case 8:
        MOVE_RUN(uint64_t);
        break;
    }
}

void nnz_move_box(const nnz_box *box, size_t element, const void *source, void *target) {
    nnz_box b = simplify(box);
    if (!b.rank) {
        memcpy(target, source, element);
        return;
    }
    uint32_t inner = b.rank - 1, at[NNZ_MAX_RANK] = {0};
    for (;;) {
        int64_t from = 0, to = 0;
        for (uint32_t i = 0; i < inner; i++) {
            from += at[i] * b.from[i];
            to += at[i] * b.to[i];
        }
        move_run(b.dims[inner], element, (const uint8_t *)source + from * (ptrdiff_t)element, b.from[inner],
                 (uint8_t *)target + to * (ptrdiff_t)element, b.to[inner]);
        uint32_t axis = inner;
        while (axis > 0 && ++at[axis - 1] == b.dims[axis - 1])
            at[--axis] = 0;
        if (!axis)
            return;
    }
}
