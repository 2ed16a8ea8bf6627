#include "quantized_runs.h"

#include <math.h>
#include <string.h>

enum { RUN = 4096 };

nnz_quantized_runs nnz_quantized_runs_of(const nnz_tensor_record *q) {
    const size_t elements = nnz_tensor_elements(q);
    nnz_quantized_runs r = {.plain = q->layout == NNZ_LAYOUT_PLAIN, .pixels = elements, .channels = 1};
    size_t planes = 1;
    if (!r.plain) {
        r.channels = q->dims[1];
        r.pixels = elements / q->dims[0] / r.channels;
        planes = (size_t)q->dims[0] * nnz_ceil_div(r.channels, 4);
    }
    r.runs = planes * ((r.pixels + RUN - 1) / RUN);
    r.parts = nnz_parts(r.runs, nnz_min(r.pixels, RUN) * (r.plain ? 1 : 4));
    return r;
}

nnz_quantized_run nnz_quantized_run_at(const nnz_quantized_runs *r, size_t i) {
    const size_t per_plane = (r->pixels + RUN - 1) / RUN, plane = i / per_plane, first = i % per_plane * RUN;
    const size_t planes = nnz_ceil_div(r->channels, 4), image = plane / planes, channel = plane % planes * 4;
    return (nnz_quantized_run){
        .real = (image * r->channels + channel) * r->pixels + first,
        .quantized = plane * r->pixels * 4 + first * (r->plain ? 1 : 4),
        .pixels = nnz_min(RUN, r->pixels - first),
        .channel = (uint32_t)channel,
        .channels = (uint32_t)nnz_min(4, r->channels - channel),
    };
}

nnz_quantized_run nnz_quantized_planes_at(const nnz_quantized_runs *r, size_t i, size_t end, size_t *next) {
    nnz_quantized_run run = nnz_quantized_run_at(r, i);
    *next = i + 1;
    if (run.pixels == r->pixels && !r->plain) {
        const size_t channels = nnz_min(r->channels - run.channel, 4 * (end - i));
        run.channels = (uint32_t)channels;
        *next = i + (channels + 3) / 4;
    }
    return run;
}

nnz_status nnz_quantized_check(const nnz_op *op, const nnz_tensor_record *real, const nnz_tensor_record *quantized,
                               nnz_error *error) {
    if (!nnz_op_input(op, 0))
        return nnz_op_fail(op, error, "its input is missing");
    if (real->dtype != NNZ_FLOAT32 || quantized->dtype != NNZ_INT8 || !nnz_same_dims(real, quantized))
        return nnz_op_fail(op, error, "one side must be float32, the other int8 of the same dims");
    const float scale = nnz_quantized_scale(op);
    if (!(scale > 0 && scale < INFINITY))
        return nnz_op_fail(op, error, "its scale must be finite and above 0");
    return nnz_op_check_zero_point(op, NNZ_QUANTIZED_ZERO, error);
}

float nnz_quantized_scale(const nnz_op *op) {
    float scale;
    memcpy(&scale, &op->params[NNZ_QUANTIZED_SCALE], sizeof scale);
    return scale;
}
