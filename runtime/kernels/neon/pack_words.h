/* Sixteen words of an int8 tile, for NEON: the bytes as they are. */
#ifndef NNZ_NEON_PACK_WORDS_H
#define NNZ_NEON_PACK_WORDS_H

#include "int8_words.h"

typedef struct words16 {
    ivec part[4];
} words16;

VECTOR_INLINE words16 w_from_bytes(const int8_t *bytes) {
    words16 words;
    for (int i = 0; i < 4; i++)
        words.part[i] = vreinterpretq_s32_s8(vld1q_s8(bytes + 16 * i));
    return words;
}

/* The words at x + 4 offset[i], all bytes `fill` where the mask has no bit. */
VECTOR_INLINE words16 w_load(const int8_t *x, const int32_t *offset, uint8_t step, uint32_t mask, int8_t fill) {
    if (mask == 0xFFFF && step == 1)
        return w_from_bytes(x + 4 * (ptrdiff_t)offset[0]);
    const int32_t outside = (int32_t)(0x01010101u * (uint8_t)fill);
    words16 words;
    for (int i = 0; i < 4; i++) {
        int32_t word[4];
        for (int p = 0; p < 4; p++)
            word[p] = mask >> (4 * i + p) & 1 ? i_word(x + 4 * (ptrdiff_t)offset[4 * i + p]) : outside;
        words.part[i] = vld1q_s32(word);
    }
    return words;
}

VECTOR_INLINE void w_store_cells(uint8_t *y, words16 words) {
    for (int i = 0; i < 4; i++)
        vst1q_u8(y + 16 * i, vreinterpretq_u8_s32(words.part[i]));
}

#endif
