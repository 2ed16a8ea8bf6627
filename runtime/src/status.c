#include "status.h"

#include <string.h>

const char *nnz_status_text(nnz_status status) {
    switch (status) {
    case NNZ_OK:
        return "ok";
    case NNZ_ERROR_ARGUMENT:
        return "bad argument";
    case NNZ_ERROR_ALIGNMENT:
        return "memory is not aligned to 64 bytes";
    case NNZ_ERROR_MEMORY:
        return "not enough memory";
    case NNZ_ERROR_FORMAT:
        return "damaged or invalid .nnz file";
    case NNZ_ERROR_VERSION:
        return "unknown .nnz version";
    case NNZ_ERROR_UNSUPPORTED:
        return "not supported by this build";
    case NNZ_ERROR_CHECKSUM:
        return "checksum does not match";
    case NNZ_ERROR_CPU:
        return "not supported by this CPU";
    case NNZ_ERROR_IO:
        return "file cannot be read";
    }
    return "unknown status";
}

#ifndef NNZ_NO_TEXT

void nnz_error_text(nnz_error *error, const char *text) {
    if (!error)
        return;
    size_t used = strlen(error->message), n = strlen(text), room = sizeof error->message - 1 - used;
    if (n > room)
        for (n = room; n && (text[n] & 0xC0) == 0x80; n--) /* characters stay whole */
            ;
    memcpy(error->message + used, text, n);
    error->message[used + n] = 0;
}

void nnz_error_number(nnz_error *error, uint64_t number) {
    char digits[21];
    char *p = digits + sizeof digits - 1;
    *p = 0;
    do
        *--p = (char)('0' + number % 10);
    while (number /= 10);
    nnz_error_text(error, p);
}

#endif
