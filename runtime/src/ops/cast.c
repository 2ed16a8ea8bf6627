/*
 * cast: between number types, in two steps: into a small buffer of float or int64, and out of it. Floats are truncated
 * towards 0 and saturate at the bounds of the target type; integers keep their low bytes.
 */
#include "work.h"

#include <string.h>

enum { CHUNK = 256 };

/* A chunk on its way; which member is used follows from the source. */
typedef union cast_buffer {
    float real[CHUNK];
    int64_t whole[CHUNK];
} cast_buffer;

static bool castable(uint8_t dtype) {
    return dtype == NNZ_FLOAT32 || dtype == NNZ_INT8 || dtype == NNZ_UINT8 || dtype == NNZ_INT32 ||
           dtype == NNZ_INT64 || dtype == NNZ_BOOL;
}

static nnz_status check(const nnz_op *op, nnz_error *error) {
    nnz_status status;
    if ((status = nnz_op_check_counts(op, 1, 1, 0, error)) || (status = nnz_op_check_activation(op, false, error)))
        return status;
    const nnz_tensor_record *x = nnz_op_input(op, 0), *y = nnz_op_output(op, 0);
    if (!x)
        return nnz_op_fail(op, error, "its input is missing");
    if (!castable(x->dtype) || !castable(y->dtype))
        return nnz_op_unsupported(op, error, "a type other than float32, int8, uint8, int32, int64 and bool");
    if (nnz_tensor_elements(x) != nnz_tensor_elements(y))
        return nnz_op_fail(op, error, "input and output must have the same number of elements");
    return NNZ_OK;
}

#define EACH(statement)                                                                                                \
    for (size_t i = 0; i < n; i++)                                                                                     \
        statement;                                                                                                     \
    break

static void load(nnz_dtype dtype, const uint8_t *x, cast_buffer *buffer, size_t n) {
    switch (dtype) {
    case NNZ_FLOAT32:
        memcpy(buffer->real, x, n * sizeof(float));
        break;
    case NNZ_INT8:
        EACH(buffer->whole[i] = (int8_t)x[i]);
    case NNZ_UINT8:
        EACH(buffer->whole[i] = x[i]);
    case NNZ_BOOL:
        EACH(buffer->whole[i] = x[i] != 0);
    case NNZ_INT32:
        EACH(buffer->whole[i] = ((const int32_t *)(const void *)x)[i]);
    default:
        memcpy(buffer->whole, x, n * sizeof(int64_t));
    }
}

/* Turns floats into the integers of `dtype`. */
static void to_integers(nnz_dtype dtype, cast_buffer *buffer, size_t n) {
    const int bits = dtype == NNZ_INT64 ? 63 : dtype == NNZ_INT32 ? 31 : dtype == NNZ_INT8 ? 7 : 8;
    const int64_t max = (int64_t)(((uint64_t)1 << bits) - 1), min = dtype == NNZ_UINT8 ? 0 : -max - 1;
    const float above = (float)((uint64_t)1 << bits); /* the least float that is too large */
    for (size_t i = n; i-- > 0;) { /* from the end: an int64 takes the place of two floats that are done */
        const float x = buffer->real[i];
        const int64_t whole = x != x ? 0 : x >= above ? max : x <= (float)min ? min : (int64_t)x;
        buffer->whole[i] = whole;
    }
}

static void store(nnz_dtype dtype, const cast_buffer *buffer, bool real, uint8_t *y, size_t n) {
    switch (dtype) {
    case NNZ_FLOAT32:
        EACH(((float *)(void *)y)[i] = real ? buffer->real[i] : (float)buffer->whole[i]);
    case NNZ_BOOL:
        EACH(y[i] = real ? buffer->real[i] != 0 : buffer->whole[i] != 0);
    case NNZ_INT8:
    case NNZ_UINT8:
        EACH(y[i] = (uint8_t)buffer->whole[i]);
    case NNZ_INT32:
        EACH(((uint32_t *)(void *)y)[i] = (uint32_t)buffer->whole[i]);
    default:
        memcpy(y, buffer->whole, n * sizeof(int64_t));
    }
}

typedef struct cast_work {
    const uint8_t *x;
    uint8_t *y;
    nnz_dtype from, to;
    size_t elements;
    uint32_t parts;
} cast_work;

static void run_part(void *context, uint32_t i, uint32_t worker) {
    (void)worker;
    const cast_work *w = context;
    const size_t chunks = (w->elements + CHUNK - 1) / CHUNK;
    const size_t end = nnz_min(nnz_part(chunks, w->parts, i + 1) * CHUNK, w->elements);
    const bool real = w->from == NNZ_FLOAT32, stays_real = w->to == NNZ_FLOAT32 || w->to == NNZ_BOOL;
    cast_buffer buffer;
    for (size_t at = nnz_part(chunks, w->parts, i) * CHUNK; at < end; at += CHUNK) {
        const size_t n = nnz_min(CHUNK, end - at);
        load(w->from, w->x + at * nnz_dtype_size(w->from), &buffer, n);
        if (real && !stays_real)
            to_integers(w->to, &buffer, n);
        store(w->to, &buffer, real, w->y + at * nnz_dtype_size(w->to), n);
    }
}

static void run(const nnz_exec *exec) {
    const nnz_tensor_record *x = nnz_op_input(exec->op, 0), *y = nnz_op_output(exec->op, 0);
    const size_t elements = nnz_tensor_elements(x);
    cast_work work = {
        .x = nnz_exec_input(exec, 0),
        .y = nnz_exec_output(exec, 0),
        .from = (nnz_dtype)x->dtype,
        .to = (nnz_dtype)y->dtype,
        .elements = elements,
        .parts = nnz_parts((elements + CHUNK - 1) / CHUNK, CHUNK),
    };
    nnz_exec_parallel(exec, run_part, &work, work.parts);
}

const nnz_op_impl nnz_op_cast = {
    .kind = NNZ_OP_CAST,
    .name = "cast",
    .check = check,
    .run = run,
};
