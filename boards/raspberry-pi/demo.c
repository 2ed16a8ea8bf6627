/*
 * Runs a model on a picture (PGM, PPM) or sound (WAV) and prints the largest outputs; with --watch again whenever the
 * file changes, as a service does.
 *
 *   nnz_demo model.nnz picture.ppm
 *   nnz_demo model.nnz --watch /run/nnz/input.ppm
 */
#define _POSIX_C_SOURCE 200809L

#include "signal_file.h"

#include <nnz.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { SHOWN = 3 };

typedef struct demo {
    nnz_program *program;
    nnz_info in, out;
    void *input, *output;
} demo;

static bool fail(const char *what) {
    fprintf(stderr, "nnz_demo: %s\n", what);
    return false;
}

static bool load(demo *d, const char *path) {
    nnz_error error;
    if (nnz_load(&d->program, path, 0, &error) != NNZ_OK)
        return fail(error.message);
    const nnz_model *model = nnz_program_model(d->program);
    if (nnz_input_count(model) != 1 || nnz_output_count(model) != 1)
        return fail("expected a model of one input and one output");
    nnz_input_info(model, 0, &d->in);
    nnz_output_info(model, 0, &d->out);
    d->input = calloc(d->in.bytes, 1);
    d->output = calloc(d->out.bytes, 1);
    return (d->input && d->output) || fail("not enough memory");
}

static float clip(float x, float lo, float hi) {
    return x < lo ? lo : x > hi ? hi : x;
}

static bool store(const nnz_info *info, void *array, size_t i, float x) {
    const float q = info->scale > 0 ? nearbyintf(x / info->scale) + (float)info->zero_point : x * 255;
    switch (info->dtype) {
    case NNZ_FLOAT32:
        ((float *)array)[i] = x;
        return true;
    case NNZ_INT8:
        ((int8_t *)array)[i] = (int8_t)clip(q, -128, 127);
        return true;
    case NNZ_UINT8:
        ((uint8_t *)array)[i] = (uint8_t)clip(q, 0, 255);
        return true;
    default:
        return fail("expected an input of float32, int8 or uint8");
    }
}

static float load_value(const nnz_info *info, const void *array, size_t i) {
    if (info->dtype == NNZ_FLOAT32)
        return ((const float *)array)[i];
    const int q = info->dtype == NNZ_INT8 ? ((const int8_t *)array)[i] : ((const uint8_t *)array)[i];
    return info->scale > 0 ? (float)(q - info->zero_point) * info->scale : (float)q;
}

/* The last axes are channels, height, width or height, width, channels; a sound fills the input from its beginning. */
static bool fill(demo *d, const signal_file *s) {
    const size_t count = d->in.bytes / nnz_dtype_size(d->in.dtype);
    const uint32_t *last = d->in.dims + d->in.rank - (d->in.rank < 3 ? d->in.rank : 3);
    const bool three = d->in.rank >= 3;
    const bool channels_last = three && last[0] == s->height && last[1] == s->width && last[2] == s->channels;
    const bool channels_first = three && last[0] == s->channels && last[1] == s->height && last[2] == s->width;
    if (s->height == 1 ? s->width < count : !channels_last && !channels_first) {
        fprintf(stderr, "nnz_demo: %zu channels of %zu x %zu do not fit the input '%s'\n", s->channels, s->height,
                s->width, d->in.name);
        return false;
    }
    const size_t pixels = s->height * s->width;
    for (size_t i = 0; i < count; i++) {
        const size_t from = channels_first && !channels_last ? i % pixels * s->channels + i / pixels : i;
        if (!store(&d->in, d->input, i, s->values[from]))
            return false;
    }
    return true;
}

static void print_largest(const demo *d) {
    const size_t count = d->out.bytes / nnz_dtype_size(d->out.dtype);
    size_t shown[SHOWN] = {0}, n = 0;
    for (; n < SHOWN && n < count; n++) {
        size_t best = count;
        for (size_t i = 0; i < count; i++) {
            bool seen = false;
            for (size_t k = 0; k < n; k++)
                seen |= shown[k] == i;
            if (!seen && (best == count || load_value(&d->out, d->output, i) > load_value(&d->out, d->output, best)))
                best = i;
        }
        shown[n] = best;
        printf("%s%zu: %.4f", n ? ", " : "", best, (double)load_value(&d->out, d->output, best));
    }
    printf("\n");
    fflush(stdout);
}

static bool run(demo *d, const char *path) {
    signal_file s = {0};
    nnz_error error;
    const void *inputs[] = {d->input};
    void *outputs[] = {d->output};
    bool done = read_signal(path, &s) && fill(d, &s);
    free(s.values);
    if (done && nnz_run(nnz_program_session(d->program), inputs, outputs, &error) != NNZ_OK)
        done = fail(error.message);
    if (done)
        print_largest(d);
    return done;
}

/* Ten looks a second; a file that cannot be read is waited for. */
static void watch(demo *d, const char *path) {
    const struct timespec pause = {.tv_nsec = 100000000};
    struct timespec last = {0};
    for (;; nanosleep(&pause, NULL)) {
        struct stat now;
        if (stat(path, &now) || (now.st_mtim.tv_sec == last.tv_sec && now.st_mtim.tv_nsec == last.tv_nsec))
            continue;
        last = now.st_mtim;
        run(d, path);
    }
}

int main(int argc, char **argv) {
    const bool watching = argc == 4 && !strcmp(argv[2], "--watch");
    if (argc != 3 && !watching) {
        fprintf(stderr, "usage: nnz_demo MODEL.nnz [--watch] FILE.pgm|FILE.ppm|FILE.wav\n");
        return 2;
    }
    demo d = {0};
    bool done = load(&d, argv[1]);
    if (done && watching)
        watch(&d, argv[3]);
    done = done && run(&d, argv[2]);
    nnz_free(d.program);
    free(d.input);
    free(d.output);
    return done ? 0 : 1;
}
