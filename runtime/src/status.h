/* Error texts without printf: pieces are appended to nnz_error.message. */
#ifndef NNZ_STATUS_H
#define NNZ_STATUS_H

#include "nnz.h"

/* Starts an error: sets the status, empties the message. Returns `status`. `error` may be NULL in all of these. */
static inline nnz_status nnz_error_begin(nnz_error *error, nnz_status status) {
    if (error) {
        error->status = status;
        error->message[0] = 0;
    }
    return status;
}

/*
 * Built with NNZ_NO_TEXT, for firmware, an error is its status alone and a model's names are not looked at. Texts that
 * nothing uses are not linked, so the functions that take them vanish where they are called.
 */
#ifdef NNZ_NO_TEXT
enum { NNZ_HAS_TEXT = 0 };
static inline void nnz_error_text(nnz_error *error, const char *text) {
    (void)error, (void)text;
}
static inline void nnz_error_number(nnz_error *error, uint64_t number) {
    (void)error, (void)number;
}
#else
enum { NNZ_HAS_TEXT = 1 };
void nnz_error_text(nnz_error *error, const char *text);
void nnz_error_number(nnz_error *error, uint64_t number);
#endif

/* begin + text. */
static inline nnz_status nnz_fail(nnz_error *error, nnz_status status, const char *text) {
    nnz_error_begin(error, status);
    nnz_error_text(error, text);
    return status;
}

#endif
