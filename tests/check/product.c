#include "product.h"

#include <math.h>
#include <stdio.h>

const float *check_product_column(const check_product *p, uint32_t k) {
    return p->x + (p->offset ? p->offset[k] : (size_t)k * p->ldx);
}

nnz_spmm_f32 check_product_arguments(const check_product *p, uint32_t row_begin, uint32_t row_end,
                                     uint32_t kblock_begin, uint32_t kblock_end, uint32_t *cursor) {
    return (nnz_spmm_f32){
        .x = p->offset ? p->x : check_product_column(p, kblock_begin * p->m.kblock),
        .ldx = p->ldx,
        .offset = p->offset ? p->offset + (size_t)kblock_begin * p->m.kblock : NULL,
        .y = p->y,
        .ldy = p->ldy,
        .pixels = p->pixels,
        .row_begin = row_begin,
        .row_end = row_end,
        .values = p->m.values,
        .index = p->m.index,
        .count = p->m.count,
        .cursor = cursor,
        .groups = p->m.groups,
        .cols = p->m.cols,
        .kblock = p->m.kblock,
        .kblock_begin = kblock_begin,
        .kblock_end = kblock_end,
        .bias = p->bias,
        .residual = p->residual,
        .ldr = p->ldr,
        .first = kblock_begin == 0,
        .last = kblock_end == p->m.kblocks,
        .lo = p->lo,
        .hi = p->hi,
    };
}

void check_product_result(check *c, const check_product *p, uint32_t row_begin, uint32_t row_end) {
    const check_matrix *m = &p->m;
    char what[100];
    snprintf(what, sizeof what, "%u x %u, K-blocks of %u, %u pixels, rows %u to %u", m->rows, m->cols, m->kblock,
             p->pixels, row_begin, row_end);
    for (uint32_t r = 0; r < m->rows && !c->failed; r++)
        for (uint32_t i = 0; i < p->pixels || (r + 1 < m->rows && i < p->ldy); i++) {
            const size_t at = r * p->ldy + i;
            if (i >= p->pixels || r < row_begin || r >= row_end) {
                if (!check_untouched(p->y[at]))
                    check_fail(c, "%s: wrote row %u, pixel %u", what, r, i);
                continue;
            }
            double sum = (p->bias ? p->bias[r] : 0.0) + (p->residual ? p->residual[r * p->ldr + i] : 0.0),
                   magnitude = fabs(sum);
            for (uint32_t k = 0; k < m->cols; k++) {
                const double term = (double)m->plain[(size_t)r * m->cols + k] * check_product_column(p, k)[i];
                sum += term;
                magnitude += fabs(term);
            }
            check_close(c, what, at, p->y[at], check_clipped(sum, p->lo, p->hi), 2e-6 * magnitude + 1e-7);
        }
}

/* Columns that share their pixels: each begins anywhere. */
static void make_shared_tile(check_product *p) {
    enum { MORE = 300 };
    p->ldx = (p->pixels + 15) / 16 * 16;
    p->x = check_input_slack(MORE + p->ldx, 0);
    p->offset = check_zeros(p->m.cols * sizeof *p->offset);
    for (uint32_t k = 0; k < p->m.cols; k++)
        p->offset[k] = check_random(0, MORE);
}

void check_product_tile(check_product *p, uint32_t margin) {
    const uint32_t width = (p->pixels + 15) / 16 * 16;
    p->ldx = width + 16 * margin;
    const size_t n = (size_t)(p->m.cols - 1) * p->ldx + width;
    p->x = check_input_slack(n, 0);
    for (size_t i = 0; i < n; i++)
        if (i % p->ldx >= p->pixels)
            p->x[i] = NAN;
}

check_product check_product_make(uint32_t height, bool dense, uint32_t most_pixels) {
    check_product p = {0};
    const uint32_t rows = check_random(1, check_chance(20) ? 90 : 40),
                   cols = check_random(1, check_chance(20) ? 700 : 60);
    const uint32_t kblocks = (cols + 255) / 256, kblock = (cols + kblocks - 1) / kblocks;
    check_matrix_make(&p.m, rows, cols, check_chance(50) ? kblock : check_random((cols + 7) / 8, kblock), height, dense,
                      check_percent());
    p.pixels = check_random(1, most_pixels);
    if (check_chance(40))
        make_shared_tile(&p);
    else
        check_product_tile(&p, check_random(0, 1));
    p.ldy = p.pixels + check_random(0, 20);
    p.ldr = p.pixels + check_random(0, 20);
    const size_t outputs = (rows - 1) * p.ldy + p.pixels;
    p.y = check_output(outputs, check_random(0, 15));
    p.bias = check_chance(70) ? check_input(rows) : NULL;
    p.residual = check_chance(40) ? check_input((rows - 1) * p.ldr + p.pixels) : NULL;
    check_clip(&p.lo, &p.hi);
    return p;
}
