/* Error texts without printf: pieces are appended to nnz_error.message. */
#ifndef NNZ_STATUS_H
#define NNZ_STATUS_H

#include "nnz.h"

/* Starts an error: sets the status, empties the message. Returns `status`. `error` may be NULL in all of these. */
nnz_status nnz_error_begin(nnz_error *error, nnz_status status);
void nnz_error_text(nnz_error *error, const char *text);
void nnz_error_number(nnz_error *error, uint64_t number);

/* begin + text. */
nnz_status nnz_fail(nnz_error *error, nnz_status status, const char *text);

#endif
