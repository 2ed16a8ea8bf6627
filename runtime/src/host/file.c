/* Mapping a file. */
#define _POSIX_C_SOURCE 200809L
#include "../status.h"
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static nnz_status fail_file(nnz_error *error, const char *path, const char *reason) {
    nnz_fail(error, NNZ_ERROR_IO, "cannot read '");
    nnz_error_text(error, path);
    nnz_error_text(error, "': ");
    nnz_error_text(error, reason);
    return NNZ_ERROR_IO;
}

nnz_status nnz_file_map(nnz_file *file, const char *path, nnz_error *error) {
    *file = (nnz_file){0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return fail_file(error, path, strerror(errno));
    nnz_status status = NNZ_OK;
    struct stat info;
    if (fstat(descriptor, &info)) {
        status = fail_file(error, path, strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        status = fail_file(error, path, "not a regular file");
    } else if (!info.st_size) {
        status = fail_file(error, path, "the file is empty");
    } else {
        void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (data == MAP_FAILED)
            status = fail_file(error, path, strerror(errno));
        else
            *file = (nnz_file){.data = data, .size = (size_t)info.st_size};
    }
    close(descriptor);
    return status;
}

void nnz_file_unmap(nnz_file *file) {
    if (file->data)
        munmap(file->data, file->size);
    *file = (nnz_file){0};
}
