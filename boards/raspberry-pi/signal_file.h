/* Pictures and sounds from files: binary PGM and PPM of 8 bits, WAV of 16 bits. */
#ifndef SIGNAL_FILE_H
#define SIGNAL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct signal_file {
    size_t channels, height, width; /* a sound has height 1; several channels are averaged */
    float *values;                  /* [height][width][channels], 0 to 1 for a picture, -1 to 1 for a sound */
} signal_file;

/* Reads a file; frees nothing. On failure says on standard error what is wrong with it. */
bool read_signal(const char *path, signal_file *s);

#endif
