/*
 * Damages model files in every systematic way and hands each result to the fuzz target: each must be refused with a
 * message, or run within its memory. To be built with sanitizers. Prints how many variants there were.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static unsigned long variants;

static void try_variant(const uint8_t *bytes, size_t size) {
    LLVMFuzzerTestOneInput(bytes, size);
    variants++;
}

static void damage_bytes(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const uint8_t old = bytes[i],
                      values[] = {0, 1, 0x7F, 0x80, 0xFF, (uint8_t)(old + 1), (uint8_t)(old - 1), old ^ 0x40};
        for (size_t k = 0; k < sizeof values; k++) {
            bytes[i] = values[k];
            if (values[k] != old)
                try_variant(bytes, size);
        }
        bytes[i] = old;
    }
}

static void damage_words(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i + 4 <= size; i += 4) {
        uint32_t old;
        memcpy(&old, bytes + i, 4);
        const uint32_t values[] = {2,          0xFFFF,     0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFC0, 0xFFFFFFFF,
                                   0x7F800000, 0x7FC00000, old * 2, old / 2,    old + 64,   old - 64,   ~old};
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            memcpy(bytes + i, &values[k], 4);
            if (values[k] != old)
                try_variant(bytes, size);
        }
        memcpy(bytes + i, &old, 4);
    }
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) {
            fprintf(stderr, "damage: cannot read %s\n", argv[i]);
            return 2;
        }
        static uint8_t bytes[1 << 20];
        size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        for (size_t n = 0; n < size; n++)
            try_variant(bytes, n);
        damage_bytes(bytes, size);
        damage_words(bytes, size);
    }
    printf("%lu variants\n", variants);
    return 0;
}
