#include "signal_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_MAX = 16384, SAMPLES_MAX = 1 << 26 };

static bool refuse(const char *path, const char *why) {
    fprintf(stderr, "%s: %s\n", path, why);
    return false;
}

/* A number of a PGM or PPM header: behind spaces and comments. -1 where there is none. */
static int header_number(FILE *file) {
    int c = fgetc(file), number = 0;
    while (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '#') {
        if (c == '#')
            while (c != '\n' && c != EOF)
                c = fgetc(file);
        else
            c = fgetc(file);
    }
    if (c < '0' || c > '9')
        return -1;
    for (; c >= '0' && c <= '9' && number < 1000000; c = fgetc(file))
        number = 10 * number + c - '0';
    return number;
}

static bool read_picture(FILE *file, const char *path, size_t channels, signal_file *s) {
    const int width = header_number(file), height = header_number(file), most = header_number(file);
    if (width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX || most != 255)
        return refuse(path, "expected a picture of 8 bits");
    *s = (signal_file){.channels = channels, .height = (size_t)height, .width = (size_t)width};
    const size_t count = channels * s->height * s->width;
    uint8_t *bytes = malloc(count);
    s->values = malloc(count * sizeof *s->values);
    const bool whole = bytes && s->values && fread(bytes, 1, count, file) == count;
    for (size_t i = 0; whole && i < count; i++)
        s->values[i] = (float)bytes[i] / 255;
    free(bytes);
    return whole || refuse(path, "the picture is not whole");
}

static uint32_t little_endian(const uint8_t *bytes, size_t n) {
    uint32_t value = 0;
    while (n--)
        value = value << 8 | bytes[n];
    return value;
}

static bool read_samples(FILE *file, const char *path, uint32_t channels, uint32_t bytes, signal_file *s) {
    const size_t frames = bytes / (2 * channels);
    if (!frames || frames > SAMPLES_MAX)
        return refuse(path, "no samples, or too many");
    *s = (signal_file){.channels = 1, .height = 1, .width = frames, .values = malloc(frames * sizeof *s->values)};
    if (!s->values)
        return refuse(path, "not enough memory");
    for (size_t i = 0; i < frames; i++) {
        float sum = 0;
        for (uint32_t c = 0; c < channels; c++) {
            uint8_t sample[2];
            if (fread(sample, 1, 2, file) != 2)
                return refuse(path, "the sound is not whole");
            sum += (float)(int16_t)little_endian(sample, 2) / 32768;
        }
        s->values[i] = sum / (float)channels;
    }
    return true;
}

/* Behind "RIFF": chunks, of which "fmt " and "data" matter. */
static bool read_sound(FILE *file, const char *path, signal_file *s) {
    uint8_t head[8], format[16] = {0};
    if (fread(head, 1, 8, file) != 8 || memcmp(head + 4, "WAVE", 4))
        return refuse(path, "not a WAV file");
    while (fread(head, 1, 8, file) == 8) {
        const uint32_t bytes = little_endian(head + 4, 4);
        if (!memcmp(head, "data", 4)) {
            const uint32_t channels = little_endian(format + 2, 2);
            if (little_endian(format, 2) != 1 || little_endian(format + 14, 2) != 16 || channels < 1)
                return refuse(path, "expected samples of 16 bits, uncompressed");
            return read_samples(file, path, channels, bytes, s);
        }
        const bool is_format = !memcmp(head, "fmt ", 4) && bytes >= sizeof format;
        if (is_format && fread(format, 1, sizeof format, file) != sizeof format)
            break;
        if (fseek(file, (long)(bytes + bytes % 2 - (is_format ? sizeof format : 0)), SEEK_CUR))
            break;
    }
    return refuse(path, "the WAV file has no samples");
}

bool read_signal(const char *path, signal_file *s) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return false;
    }
    char magic[4];
    bool read = false;
    if (fread(magic, 1, 2, file) == 2 && magic[0] == 'P' && (magic[1] == '5' || magic[1] == '6'))
        read = read_picture(file, path, magic[1] == '5' ? 1 : 3, s);
    else if (magic[0] == 'R' && fread(magic + 2, 1, 2, file) == 2 && !memcmp(magic, "RIFF", 4))
        read = read_sound(file, path, s);
    else
        refuse(path, "expected a binary PGM or PPM picture, or a WAV file");
    fclose(file);
    return read;
}
