#include "../kernels.h"

/* Adds the products of a block of group g, whose column's pixels are at x. */
static void add_block(const nnz_spmm_f32 *a, uint32_t g, uint32_t rows, const float *w, const float *x) {
    float *y = a->y + 4 * g * a->ldy;
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t p = 0; p < a->pixels; p++)
            y[r * a->ldy + p] += w[r] * x[p];
}

static void add_stored(const nnz_spmm_f32 *a, uint32_t g, uint32_t rows) {
    for (uint32_t kb = a->kblock_begin; kb < a->kblock_end; kb++) {
        const uint32_t column = (kb - a->kblock_begin) * a->kblock;
        uint32_t *cursor = &a->cursor[kb - a->kblock_begin], end = *cursor + a->count[(size_t)kb * a->groups + g];
        for (; *cursor < end; ++*cursor)
            add_block(a, g, rows, a->values + (size_t)*cursor * 4, nnz_spmm_column(a, column + a->index[*cursor]));
    }
}

static void add_walk(const nnz_spmm_f32 *a, uint32_t g, uint32_t rows) {
    for (uint32_t i = a->walk.start[g]; i < a->walk.start[g + 1]; i++)
        add_block(a, g, rows, a->walk.values + (size_t)i * 4, a->x + a->walk.place[i] / sizeof(float));
}

void nnz_spmm_f32_rb4_scalar(const nnz_spmm_f32 *a) {
    for (uint32_t g = a->row_begin / 4; g < (a->row_end + 3) / 4; g++) {
        uint32_t rows = a->row_end - 4 * g < 4 ? a->row_end - 4 * g : 4;
        float *y = a->y + 4 * g * a->ldy;
        for (uint32_t r = 0; r < rows; r++)
            for (uint32_t p = 0; p < a->pixels; p++)
                if (a->first)
                    y[r * a->ldy + p] =
                        (a->bias ? a->bias[4 * g + r] : 0) + (a->residual ? a->residual[(4 * g + r) * a->ldr + p] : 0);
        if (a->walk.start)
            add_walk(a, g, rows);
        else
            add_stored(a, g, rows);
        for (uint32_t r = 0; r < rows; r++)
            for (uint32_t p = 0; p < a->pixels; p++)
                if (a->last)
                    y[r * a->ldy + p] = nnz_clip(y[r * a->ldy + p], a->lo, a->hi);
    }
}
