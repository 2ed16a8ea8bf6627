/* How the same elements lie in a plain float tensor and in an int8 tensor of either layout: in runs of pixels, for
 * quantize and dequantize. */
#ifndef NNZ_OPS_QUANTIZED_RUNS_H
#define NNZ_OPS_QUANTIZED_RUNS_H

#include "quantized.h"

typedef struct nnz_quantized_runs {
    bool plain;        /* all elements are one channel */
    size_t pixels;     /* of a channel */
    uint32_t channels; /* of an image */
    size_t runs;
    uint32_t parts; /* tasks that they are worth */
} nnz_quantized_runs;

typedef struct nnz_quantized_run {
    size_t real, quantized; /* where it begins, in elements of the float and of the int8 tensor */
    size_t pixels;
    uint32_t channel, channels; /* of the image, the first, and how many: 1 to 4, or of several planes */
} nnz_quantized_run;

nnz_quantized_runs nnz_quantized_runs_of(const nnz_tensor_record *quantized);
nnz_quantized_run nnz_quantized_run_at(const nnz_quantized_runs *runs, size_t i);

/* All whole planes of an image that runs [i, end) begin with, as one run of more channels; else run i. *next: the run
 * behind. */
nnz_quantized_run nnz_quantized_planes_at(const nnz_quantized_runs *runs, size_t i, size_t end, size_t *next);

/* Input 0 and output 0 have the same dims; `real` is float32 and plain, `quantized` int8; the parameters are a scale
 * and a zero point. */
nnz_status nnz_quantized_check(const nnz_op *op, const nnz_tensor_record *real, const nnz_tensor_record *quantized,
                               nnz_error *error);

/* The scale among those parameters. */
float nnz_quantized_scale(const nnz_op *op);

enum { NNZ_QUANTIZED_SCALE, NNZ_QUANTIZED_ZERO, NNZ_QUANTIZED_PARAMS };

#endif
