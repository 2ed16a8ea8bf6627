/* Columns of LANES outputs, from the top row to the bottom one. */

/* Where the inputs of a vector of outputs at a tap lie in a row of x, and which lanes are inside of it. */
typedef struct span {
    int64_t at; /* of the first lane */
    bool whole; /* all lanes are inside */
    vinside lanes;
} span;

VECTOR_INLINE span depthwise_span(const nnz_depthwise_f32 *a, uint32_t ox, uint32_t kx, const uint32_t stride) {
    const int64_t at = (int64_t)ox * stride + (int64_t)kx * a->dilation_w - a->pad_left;
    const uint32_t left = at < a->width ? (uint32_t)(a->width - at) : 0; /* from lane 0 to the end of the row */
    const uint32_t lanes = a->out_width - ox < LANES ? a->out_width - ox : LANES;
    const uint32_t first = at < 0 ? ((uint32_t)-at + stride - 1) / stride : 0;
    const uint32_t inside = left / stride + (left % stride != 0), end = inside < lanes ? inside : lanes;
    const bool any = first < end;
    return (span){at, any && end - first == LANES, v_inside(stride, any ? first : 0, any ? end : 0)};
}

VECTOR_INLINE vec depthwise_load(const float *row, span s, const uint32_t stride) {
    if (s.whole && stride == 1)
        return v_load(row + s.at);
    return s.whole && stride == 2 ? v_load_even(row + s.at) : v_load_lanes(row + s.at, stride, s.lanes);
}

VECTOR_INLINE vec depthwise_bias(const nnz_depthwise_f32 *a) {
    return v_set(a->bias ? *a->bias : 0);
}

VECTOR_INLINE void depthwise_store(const nnz_depthwise_f32 *a, int64_t oy, uint32_t ox, vec sum) {
    const size_t n = a->out_width - ox < LANES ? a->out_width - ox : LANES, at = (size_t)oy * a->out_width + ox;
    if (a->residual)
        sum = v_add(sum, v_load_n(a->residual + at, n));
    sum = v_min(v_set(a->hi), v_max(v_set(a->lo), sum));
    if (n == LANES)
        v_store(a->y + at, sum);
    else
        v_store_n(a->y + at, sum, n);
}

/*
 * A column: vectors of outputs of 3 x 3 windows that lie below each other. The inputs of their middle taps are
 * neighbours from `at` on in a row of x, or with a stride of 2 every other one, with those of the right taps between.
 */
typedef struct column {
    uint32_t ox, at;
    bool whole;                     /* all lanes of all taps lie inside the rows of x */
    bool has_before;                /* so does what stands before `at` */
    vinside before, middle, behind; /* lanes of the three taps that do; stride 1 */
    vinside_two pairs;              /* of the middle and the right taps; stride 2 */
} column;

VECTOR_INLINE vinside depthwise_inside(const nnz_depthwise_f32 *a, int64_t at) {
    const int64_t left = a->width - at;
    return v_inside(1, at < 0, left < 0 ? 0 : left < (int64_t)LANES ? (size_t)left : LANES);
}

VECTOR_INLINE column depthwise_column(const nnz_depthwise_f32 *a, uint32_t ox, const uint32_t stride) {
    const uint32_t at = ox * stride + 1 - a->pad_left, left = at < a->width ? a->width - at : 0;
    const uint32_t pairs = left < 2 * LANES ? left : 2 * LANES;
    return (column){
        .ox = ox,
        .at = at,
        .whole = at > 0 && left >= (stride == 1 ? LANES + 1 : 2 * LANES),
        .has_before = at > 0 && at <= a->width,
        .before = depthwise_inside(a, (int64_t)at - 1),
        .middle = depthwise_inside(a, at),
        .behind = depthwise_inside(a, (int64_t)at + 1),
        .pairs = v_inside_two(pairs),
    };
}

/* The three taps of row iy of x, kept in registers; false where x has no such row. */
VECTOR_INLINE bool depthwise_row(const nnz_depthwise_f32 *a, int64_t iy, const column *c, const bool whole,
                                 const uint32_t stride, vec x[3]) {
    if (iy < 0 || iy >= a->height)
        return false;
    const float *row = a->x + iy * a->width + c->at;
    if (stride == 2) {
        v_load_two(row, whole, c->pairs, &x[1], &x[2]);
        x[0] = v_keep(v_shift_up(whole || c->has_before ? row[-1] : 0, x[2]));
        x[1] = v_keep(x[1]);
        x[2] = v_keep(x[2]);
    } else {
        const vec at = whole ? v_load(row) : v_load_lanes(row, 1, c->middle);
        x[0] = v_keep(v_load_before(row, at, whole, c->before));
        x[1] = v_keep(at);
        x[2] = v_keep(v_load_behind(row, at, whole, c->behind));
    }
    return true;
}

/* What a plane of 3 x 3 windows multiplies with and begins with. */
typedef struct taps {
    vec w[9], bias;
} taps;

/* Row ky of a window. */
VECTOR_INLINE vec depthwise_add(const taps *t, const int ky, const vec x[3], vec sum) {
    return v_fma(t->w[3 * ky + 2], x[2], v_fma(t->w[3 * ky + 1], x[1], v_fma(t->w[3 * ky], x[0], sum)));
}

/*
 * Row r of the padded x is the last row of output row r - 2's window, the middle one of the next and the first one of
 * output row r's: sum[0], [1] and [2]. `from` and `to` say which of them there are.
 */
VECTOR_INLINE void depthwise_slide(const nnz_depthwise_f32 *a, int64_t r, const column *c, const bool whole,
                                   const taps *t, const int from, const int to, vec sum[3]) {
    vec x[3];
    sum[0] = sum[1];
    sum[1] = sum[2];
    sum[2] = t->bias;
    if (depthwise_row(a, r - a->pad_top, c, whole, 1, x))
        for (int i = from; i <= to; i++)
            sum[i] = depthwise_add(t, 2 - i, x, sum[i]);
    if (from == 0)
        depthwise_store(a, r - 2, c->ox, sum[0]);
}

/* `whole`: all lanes of all taps lie inside the rows of x. */
VECTOR_INLINE void depthwise_3x3_stride1(const nnz_depthwise_f32 *a, const column *c, const bool whole, const taps *t) {
    const int64_t rows = a->out_height;
    vec sum[3] = {v_set(0), v_set(0), v_set(0)};
    depthwise_slide(a, 0, c, whole, t, 2, 2, sum);
    if (rows > 1)
        depthwise_slide(a, 1, c, whole, t, 1, 2, sum);
    else
        depthwise_slide(a, 1, c, whole, t, 1, 1, sum);
    for (int64_t r = 2; r < rows; r++)
        depthwise_slide(a, r, c, whole, t, 0, 2, sum);
    if (rows > 1)
        depthwise_slide(a, rows, c, whole, t, 0, 1, sum);
    depthwise_slide(a, rows + 1, c, whole, t, 0, 0, sum);
}

VECTOR_INLINE void depthwise_3x3_stride2(const nnz_depthwise_f32 *a, const column *c, const bool whole, const taps *t) {
    vec x[3];
    bool inside = depthwise_row(a, -(int64_t)a->pad_top, c, whole, 2, x);
    for (int64_t oy = 0; oy < a->out_height; oy++) {
        const int64_t iy = 2 * oy - a->pad_top;
        vec sum = t->bias;
        if (inside)
            sum = depthwise_add(t, 0, x, sum);
        if (depthwise_row(a, iy + 1, c, whole, 2, x))
            sum = depthwise_add(t, 1, x, sum);
        inside = depthwise_row(a, iy + 2, c, whole, 2, x);
        if (inside)
            sum = depthwise_add(t, 2, x, sum);
        depthwise_store(a, oy, c->ox, sum);
    }
}

VECTOR_INLINE void depthwise_any(const nnz_depthwise_f32 *a, uint32_t ox) {
    enum { SPANS = 16 };
    span spans[SPANS];
    for (uint32_t kx = 0; kx < a->kernel_w && kx < SPANS; kx++)
        spans[kx] = depthwise_span(a, ox, kx, a->stride_w);
    for (int64_t oy = 0; oy < a->out_height; oy++) {
        vec sum = depthwise_bias(a);
        for (uint32_t ky = 0; ky < a->kernel_h; ky++) {
            const int64_t iy = oy * a->stride_h + (int64_t)ky * a->dilation_h - a->pad_top;
            if (iy < 0 || iy >= a->height)
                continue;
            for (uint32_t kx = 0; kx < a->kernel_w; kx++) {
                const span s = kx < SPANS ? spans[kx] : depthwise_span(a, ox, kx, a->stride_w);
                const vec xv = depthwise_load(a->x + iy * a->width, s, a->stride_w);
                sum = v_fma(v_set(a->w[ky * a->kernel_w + kx]), xv, sum);
            }
        }
        depthwise_store(a, oy, ox, sum);
    }
}

/* A copy of the column: nothing that is stored changes it, so that its masks stay in registers. */
VECTOR_INLINE void depthwise_run(const nnz_depthwise_f32 *a, const column c, const uint32_t stride, const taps *t) {
    if (stride == 1 && c.whole)
        depthwise_3x3_stride1(a, &c, true, t);
    else if (stride == 1)
        depthwise_3x3_stride1(a, &c, false, t);
    else if (c.whole)
        depthwise_3x3_stride2(a, &c, true, t);
    else
        depthwise_3x3_stride2(a, &c, false, t);
}

/* A plane by itself; where nothing that is stored can change it, its fields stay in registers. */
VECTOR_INLINE nnz_depthwise_f32 depthwise_plane(const nnz_depthwise_f32 *a, uint32_t plane) {
    nnz_depthwise_f32 p = *a;
    p.x += plane * a->x_stride;
    p.w += (size_t)plane * a->kernel_h * a->kernel_w;
    p.y += plane * a->y_stride;
    if (a->bias)
        p.bias += plane;
    if (a->residual)
        p.residual += plane * a->residual_stride;
    return p;
}

/* What a column reads of a row is the same in all planes. */
VECTOR_INLINE void depthwise_3x3(const nnz_depthwise_f32 *a, const uint32_t stride) {
    enum { COLUMNS = 16 };
    for (uint32_t ox = 0; ox < a->out_width;) {
        column columns[COLUMNS];
        uint32_t count = 0;
        for (; ox < a->out_width && count < COLUMNS; ox += LANES) {
            columns[count++] = depthwise_column(a, ox, stride);
        }
        for (uint32_t plane = 0; plane < a->planes; plane++) {
            const nnz_depthwise_f32 p = depthwise_plane(a, plane);
            taps t = {.bias = depthwise_bias(&p)};
            for (int i = 0; i < 9; i++)
                t.w[i] = v_set(p.w[i]);
            for (uint32_t i = 0; i < count; i++)
                depthwise_run(&p, columns[i], stride, &t);
        }
    }
}

#include "depthwise_small.h"

VECTOR_FUNCTION void VECTOR_NAME(depthwise_f32)(const nnz_depthwise_f32 *a) {
    small_frame frame;
    const bool is_3x3 =
        a->kernel_h == 3 && a->kernel_w == 3 && a->dilation_h == 1 && a->dilation_w == 1 && a->pad_left <= 1;
    const bool narrow = 3 * a->width <= LANES; /* columns of 3 x 3 windows, which reuse rows, leave most lanes empty */
    if ((!is_3x3 || narrow) && small_measure(a, &frame))
        depthwise_small(a, &frame);
    else if (is_3x3 && a->stride_h == 1 && a->stride_w == 1)
        depthwise_3x3(a, 1);
    else if (is_3x3 && a->stride_h == 2 && a->stride_w == 2)
        depthwise_3x3(a, 2);
    else
        for (uint32_t plane = 0; plane < a->planes; plane++) {
            const nnz_depthwise_f32 p = depthwise_plane(a, plane);
            for (uint32_t ox = 0; ox < a->out_width; ox += LANES)
                depthwise_any(&p, ox);
        }
}
