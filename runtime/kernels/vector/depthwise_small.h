/*
 * Small planes with a stride of 1: the outputs of all rows are one run of neighbours, and every vector but the last is
 * full however narrow the plane. x is copied between zeros, so that rows above and below it need no thought; the lanes
 * of a tap that lie left or right of it are masked. Which ones repeats after a number of vectors.
 */
enum {
    SMALL_KERNEL = 7,   /* columns of taps at most */
    SMALL_WIDTH = 32,   /* pixels in a row at most, and so vectors until the columns repeat */
    SMALL_FRAME = 2048, /* elements of x and the zeros around it */
};

typedef struct small_frame {
    size_t before, size; /* zeros before x; all elements */
    uint32_t pixels, period;
    vmask inside[SMALL_KERNEL][SMALL_WIDTH]; /* of a column of taps: the lanes inside of x */
} small_frame;

/* The zeros that windows want before and behind x; false where they do not fit, or the stride is another. */
VECTOR_INLINE bool small_measure(const nnz_depthwise_f32 *a, small_frame *f) {
    if (a->stride_h != 1 || a->stride_w != 1 || a->width != a->out_width || a->width > SMALL_WIDTH ||
        a->kernel_w > SMALL_KERNEL)
        return false;
    const uint64_t pixels = (uint64_t)a->out_height * a->width, in = (uint64_t)a->height * a->width;
    const uint64_t reach = (uint64_t)(a->kernel_h - 1) * a->dilation_h * a->width + (a->kernel_w - 1) * a->dilation_w;
    const uint64_t above = (uint64_t)a->pad_top * a->width + a->pad_left;
    const uint64_t before = (above + LANES - 1) / LANES * LANES;
    const uint64_t after = before - above + pixels + LANES - 1 + reach, end = before + in;
    f->before = (size_t)before;
    f->size = (size_t)(after > end ? after : end);
    f->pixels = (uint32_t)pixels;
    return pixels < SMALL_FRAME && above < SMALL_FRAME && f->size <= SMALL_FRAME;
}

VECTOR_INLINE void small_masks(const nnz_depthwise_f32 *a, small_frame *f) {
    float places[SMALL_WIDTH * LANES];
    f->period = 1;
    while (f->period * LANES % a->width)
        f->period++;
    for (uint32_t i = 0, x = 0; i < f->period * LANES; i++) {
        places[i] = (float)x;
        x = x + 1 < a->width ? x + 1 : 0;
    }
    for (uint32_t kx = 0; kx < a->kernel_w; kx++) {
        const int64_t shift = (int64_t)kx * a->dilation_w - a->pad_left;
        for (uint32_t v = 0; v < f->period; v++) {
            const vec at = v_load(places + v * LANES);
            f->inside[kx][v] = shift < 0 ? v_less(v_set((float)(-shift - 1)), at)
                                         : v_less(at, v_set((float)((int64_t)a->width - shift)));
        }
    }
}

/* x in its place among the zeros. */
VECTOR_INLINE void small_copy(const nnz_depthwise_f32 *a, float *x) {
    const size_t n = (size_t)a->height * a->width;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_store(x + i, v_load(a->x + i));
    if (i < n)
        v_store_n(x + i, v_load_n(a->x + i, n - i), n - i);
}

/* `x`: where the first tap of the first window is. */
VECTOR_INLINE void small_plane(const nnz_depthwise_f32 *a, const small_frame *f, const float *x,
                               const uint32_t kernel_h, const uint32_t kernel_w) {
    nnz_depthwise_f32 run = *a;
    run.out_width = f->pixels;
    const uint32_t down = a->dilation_h * a->width;
    const bool few = kernel_h * kernel_w <= 9; /* weights stay in registers */
    vec w[9];
    for (uint32_t i = 0; few && i < kernel_h * kernel_w; i++)
        w[i] = v_keep(v_set(a->w[i]));
    const vec bias = depthwise_bias(a);
    for (uint32_t p = 0, v = 0; p < f->pixels; p += LANES) {
        vec sum = bias;
#pragma GCC unroll 5
        for (uint32_t ky = 0; ky < kernel_h; ky++) {
#pragma GCC unroll 5
            for (uint32_t kx = 0; kx < kernel_w; kx++) {
                const uint32_t i = ky * kernel_w + kx;
                const vec at = v_only(f->inside[kx][v], v_load(x + p + ky * down + kx * a->dilation_w));
                sum = v_fma(few ? w[i] : v_set(a->w[i]), at, sum);
            }
        }
        depthwise_store(&run, 0, p, sum);
        v = v + 1 < f->period ? v + 1 : 0;
    }
}

/* Two frames in turn: what has just been stored is read a plane later. */
VECTOR_INLINE void depthwise_small(const nnz_depthwise_f32 *a, small_frame *f) {
    _Alignas(64) float frames[2][SMALL_FRAME];
    for (size_t i = 0; i < f->size; i++)
        frames[0][i] = frames[1][i] = 0;
    small_masks(a, f);
    const size_t first_tap = f->before - ((size_t)a->pad_top * a->width + a->pad_left);
    small_copy(a, frames[0] + f->before);
    for (uint32_t plane = 0; plane < a->planes; plane++) {
        const nnz_depthwise_f32 p = depthwise_plane(a, plane);
        if (plane + 1 < a->planes) {
            const nnz_depthwise_f32 next = depthwise_plane(a, plane + 1);
            small_copy(&next, frames[(plane + 1) % 2] + f->before);
        }
        const float *x = frames[plane % 2] + first_tap;
        if (a->kernel_h == 3 && a->kernel_w == 3)
            small_plane(&p, f, x, 3, 3);
        else if (a->kernel_h == 5 && a->kernel_w == 5)
            small_plane(&p, f, x, 5, 5);
        else
            small_plane(&p, f, x, a->kernel_h, a->kernel_w);
    }
}
