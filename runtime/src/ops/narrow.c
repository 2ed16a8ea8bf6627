#include "narrow.h"

#include "tile.h"
#include "work.h"

#include <math.h>

enum { PIECE = 8192 }; /* values expanded at a time, at most: as floats they stay in L1 or L2 beside the pixels */

/* A piece holds a group of rows in a K-block, which is one of whole shares in a dense matrix. */
_Static_assert(NNZ_DENSE_KBLOCK * 8 <= PIECE && 256 * 8 <= PIECE && NNZ_DENSE_KBLOCK % 256 == 0,
               "pieces are too small");

bool nnz_narrow_has_matvec(const nnz_matrix_record *m) {
    return m->dtype != NNZ_FLOAT32 && nnz_block_rows(m) == 8;
}

nnz_family nnz_narrow_matvec_family(const nnz_matrix_record *m) {
    return m->dtype == NNZ_FLOAT16   ? NNZ_FAMILY_MATVEC_NARROW_F16
           : m->dtype == NNZ_SCALED8 ? NNZ_FAMILY_MATVEC_NARROW_S8
                                     : NNZ_FAMILY_MATVEC_NARROW_S4;
}

nnz_status nnz_narrow_plan(const nnz_op *op, const nnz_config *config, const nnz_matrix_record *m, uint32_t *expand,
                           nnz_error *error) {
    const nnz_family family = m->dtype == NNZ_FLOAT16   ? NNZ_FAMILY_EXPAND_F16
                              : m->dtype == NNZ_SCALED8 ? NNZ_FAMILY_EXPAND_S8
                                                        : NNZ_FAMILY_EXPAND_S4;
    const nnz_kernel *kernel = NULL;
    nnz_status status = NNZ_OK;
    if (m->dtype != NNZ_FLOAT32)
        status = nnz_op_kernel(op, config, family, &kernel, error);
    *expand = nnz_kernel_id(op, kernel);
    return status;
}

nnz_expand_fn nnz_narrow_function(const nnz_op *op, uint32_t expand) {
    return expand == NNZ_NONE ? NULL : (nnz_expand_fn)nnz_kernel_at(op, expand)->function;
}

size_t nnz_narrow_scratch(const nnz_matrix_record *m) {
    enum { BEHIND = 64 }; /* bytes that an expansion may write there */
    const uint64_t values = (uint64_t)m->blocks * nnz_block_rows(m);
    if (m->dtype == NNZ_FLOAT32)
        return 0;
    return (size_t)nnz_align((values < PIECE ? values : PIECE) * sizeof(float), 64) + BEHIND;
}

nnz_narrow nnz_narrow_begin(const nnz_model *model, const nnz_matrix_record *m, nnz_expand_fn expand, float *piece) {
    return (nnz_narrow){m, expand, nnz_model_data(model, m->values), nnz_model_data(model, m->scale), 0, piece};
}

/* A K-block: its first column, and how many; of a sparse matrix the blocks of each group, and the next block. */
typedef struct kblock {
    uint32_t column, columns;
    const uint16_t *count;
    uint32_t *block;
} kblock;

static kblock kblock_of(const nnz_narrow *n, uint32_t kb, uint32_t width, const uint16_t *count, uint32_t *cursor,
                        uint32_t position) {
    const nnz_matrix_record *m = n->matrix;
    const uint32_t column = kb * width, left = m->cols - column;
    const bool dense = m->encoding == NNZ_DENSE;
    return (kblock){
        .column = column,
        .columns = left < width ? left : width,
        .count = dense ? NULL : count + (size_t)kb * nnz_groups(m),
        .block = dense ? NULL : cursor + position,
    };
}

/* Passes over the runs of some groups that are not expanded here. */
static void skip(nnz_narrow *n, const kblock *k, uint32_t group, uint32_t end) {
    if (n->matrix->dtype == NNZ_SCALED4 && k->count)
        for (; group < end; group++)
            n->share += nnz_shares(n->matrix, k->count[group]);
}

/* The scales of the run of a group. */
static const void *scales_of(const nnz_narrow *n, const kblock *k, uint32_t group) {
    const nnz_matrix_record *m = n->matrix;
    const uint32_t height = nnz_block_rows(m);
    if (m->dtype == NNZ_SCALED8)
        return (const float *)n->scale + (size_t)group * height;
    if (m->dtype != NNZ_SCALED4)
        return NULL;
    const size_t share = k->count ? n->share : (size_t)group * nnz_shares(m, m->cols) + k->column / m->share;
    return (const uint16_t *)n->scale + share * height;
}

/* Expands groups from `group` on, as many as the piece holds but not `end`; returns where the next piece begins. */
static uint32_t expand_sparse(nnz_narrow *n, const kblock *k, uint32_t group, uint32_t end) {
    const nnz_matrix_record *m = n->matrix;
    const uint32_t height = nnz_block_rows(m), first = group;
    nnz_expand a = {
        .values = n->values,
        .first = *k->block,
        .count = k->count + first,
        .height = height,
        .share = m->share,
        .scale = scales_of(n, k, first),
        .y = n->piece,
    };
    for (uint32_t held = 0; group < end && held + k->count[group] * height <= PIECE; group++) {
        held += k->count[group] * height;
        *k->block += k->count[group];
    }
    skip(n, k, first, group);
    a.runs = group - first;
    n->expand(&a);
    return group;
}

static uint32_t expand_dense(nnz_narrow *n, const kblock *k, uint32_t group, uint32_t end) {
    const nnz_matrix_record *m = n->matrix;
    const uint32_t height = nnz_block_rows(m), values = k->columns * height;
    const uint16_t count = (uint16_t)k->columns;
    float *y = n->piece;
    for (uint32_t held = values; group < end && held <= PIECE; held += values, group++, y += values) {
        const nnz_expand a = {
            .values = n->values,
            .first = (size_t)group * m->cols + k->column,
            .count = &count,
            .runs = 1,
            .height = height,
            .share = m->share,
            .scale = scales_of(n, k, group),
            .y = y,
        };
        n->expand(&a);
    }
    return group;
}

static uint32_t expand(nnz_narrow *n, const kblock *k, uint32_t group, uint32_t end) {
    return k->count ? expand_sparse(n, k, group, end) : expand_dense(n, k, group, end);
}

/* Rows from `row` to the first of group `next`, or to `end`. */
static uint32_t rows_until(const nnz_narrow *n, uint32_t row, uint32_t next, uint32_t end) {
    const uint32_t to = next * nnz_block_rows(n->matrix);
    return (to < end ? to : end) - row;
}

void nnz_narrow_spmm(nnz_narrow *n, const nnz_block *block, const nnz_spmm_f32 *a) {
    const uint32_t height = nnz_block_rows(n->matrix);
    const uint32_t begin = a->row_begin / height, end = nnz_ceil_div(a->row_end, height);
    for (uint32_t kb = a->kblock_begin; kb < a->kblock_end; kb++) {
        const uint32_t step = kb - a->kblock_begin;
        const kblock k = kblock_of(n, kb, a->kblock, a->count, a->cursor, step);
        skip(n, &k, 0, begin);
        for (uint32_t group = begin, next; group < end; group = next) {
            const uint32_t row = group * height;
            uint32_t zero = 0;
            nnz_spmm_f32 b = *a;
            nnz_spmm_skip(&b, step);
            b.y += row * a->ldy;
            b.bias = a->bias ? a->bias + row : NULL;
            b.residual = a->residual ? a->residual + row * a->ldr : NULL;
            b.first = a->first && kb == a->kblock_begin;
            b.last = a->last && kb + 1 == a->kblock_end;
            b.row_begin = b.kblock_begin = 0;
            b.kblock_end = 1;
            b.kblock = b.cols = k.columns;
            b.values = n->piece;
            if (k.count) {
                b.index += *k.block;
                b.count = k.count + group;
                b.cursor = &zero;
            }
            next = expand(n, &k, group, end);
            b.row_end = rows_until(n, row, next, a->row_end);
            nnz_block_run(block, &b);
        }
        skip(n, &k, end, a->groups);
    }
}

/* Each K-block adds to the sums of those before it. */
void nnz_narrow_expand_matvec(nnz_narrow *n, nnz_matvec_f32_fn matvec, const nnz_matvec_f32 *a) {
    const uint32_t height = nnz_block_rows(n->matrix);
    const uint32_t begin = a->row_begin / height, end = nnz_ceil_div(a->row_end, height);
    const uint32_t width = n->matrix->encoding == NNZ_DENSE ? NNZ_DENSE_KBLOCK : a->kblock;
    const uint32_t kblocks = nnz_ceil_div(a->cols, width);
    for (uint32_t kb = 0; kb < kblocks; kb++) {
        const kblock k = kblock_of(n, kb, width, a->count, a->cursor, kb);
        skip(n, &k, 0, begin);
        for (uint32_t group = begin, next; group < end; group = next) {
            const uint32_t row = group * height;
            uint32_t zero = 0;
            nnz_matvec_f32 b = *a;
            b.x += k.column;
            b.y += row;
            b.bias = kb ? b.y : a->bias ? a->bias + row : NULL;
            b.lo = kb + 1 < kblocks ? -INFINITY : a->lo;
            b.hi = kb + 1 < kblocks ? INFINITY : a->hi;
            b.row_begin = 0;
            b.kblock = b.cols = k.columns;
            b.kblocks = 1;
            b.values = n->piece;
            if (k.count) {
                b.index += *k.block;
                b.count = k.count + group;
                b.cursor = &zero;
            }
            next = expand(n, &k, group, end);
            b.row_end = rows_until(n, row, next, a->row_end);
            matvec(&b);
        }
        skip(n, &k, end, a->groups);
    }
}

void nnz_narrow_matvec(nnz_narrow *n, nnz_matvec_narrow_fn matvec, const nnz_matvec_f32 *a) {
    enum { RUN = 1 << 15 }; /* columns of a dense matrix in a call: the count of a run has 16 bits; whole shares */
    const bool dense = n->matrix->encoding == NNZ_DENSE;
    const uint32_t begin = a->row_begin / 8, end = nnz_ceil_div(a->row_end, 8);
    const uint32_t width = dense ? RUN : a->kblock, kblocks = nnz_ceil_div(a->cols, width);
    for (uint32_t kb = 0; kb < kblocks; kb++) {
        const kblock k = kblock_of(n, kb, width, a->count, a->cursor, kb);
        const uint16_t columns = (uint16_t)k.columns;
        skip(n, &k, 0, begin);
        for (uint32_t group = begin, next; group < end; group = next) {
            const uint32_t row = group * 8;
            next = dense ? group + 1 : end;
            const nnz_matvec_narrow b = {
                .x = a->x + k.column,
                .y = a->y + row,
                .rows = rows_until(n, row, next, a->row_end),
                .values = n->values,
                .first = dense ? (size_t)group * a->cols + k.column : *k.block,
                .count = dense ? &columns : k.count + group,
                .index = dense ? NULL : a->index + *k.block,
                .share = n->matrix->share,
                .scale = scales_of(n, &k, group),
                .bias = kb        ? a->y + row
                        : a->bias ? a->bias + row
                                  : NULL,
                .lo = kb + 1 < kblocks ? -INFINITY : a->lo,
                .hi = kb + 1 < kblocks ? INFINITY : a->hi,
            };
            matvec(&b);
            for (uint32_t g = group; g < next && !dense; g++)
                *k.block += k.count[g];
        }
        skip(n, &k, begin, a->groups);
    }
}
