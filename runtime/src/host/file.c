/* A file in memory. */
#define _POSIX_C_SOURCE 200809L
#include "../status.h"
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

/* The bytes of `descriptor` in `memory`; false, with errno, where they cannot be read. */
static bool read_all(int descriptor, uint8_t *memory, size_t size) {
    for (size_t at = 0; at < size;) {
        const ssize_t n = read(descriptor, memory + at, size - at);
        if (n > 0)
            at += (size_t)n;
        else if (!n)
            return (errno = EIO), false; /* somebody made it shorter */
        else if (errno != EINTR)
            return false;
    }
    return true;
}

/* Maps a small file, reads a large one; false, with errno, where that fails. */
static bool get(nnz_file *file, int descriptor, size_t size) {
    *file = (nnz_file){.size = size, .is_mapped = size < NNZ_HUGE_FROM};
    if (file->is_mapped) {
        file->data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        return file->data != MAP_FAILED;
    }
    file->data = nnz_host_allocate(size);
    if (!file->data)
        return (errno = ENOMEM), false;
    if (read_all(descriptor, file->data, size))
        return true;
    const int cause = errno;
    free(file->data);
    return (errno = cause), false;
}

nnz_status nnz_file_open(nnz_file *file, const char *path, nnz_error *error) {
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
    } else if ((uintmax_t)info.st_size > SIZE_MAX) {
        status = fail_file(error, path, "it is larger than the address space");
    } else if (!get(file, descriptor, (size_t)info.st_size)) {
        status = fail_file(error, path, strerror(errno));
    }
    if (status)
        *file = (nnz_file){0};
    close(descriptor);
    return status;
}

void nnz_file_close(nnz_file *file) {
    if (file->is_mapped)
        munmap(file->data, file->size);
    else
        free(file->data);
    *file = (nnz_file){0};
}
