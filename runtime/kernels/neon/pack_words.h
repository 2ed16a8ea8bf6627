/* Sixteen words of an int8 tile, for NEON: the bytes as they are. */
#ifndef NNZ_NEON_PACK_WORDS_H
#define NNZ_NEON_PACK_WORDS_H

#include "int8_words.h"

typedef struct words16 {
    ivec part[4];
} words16;

typedef int8x16_t bytes16;

VECTOR_INLINE bytes16 b_zero(void) {
    return vdupq_n_s8(0);
}

/* The bytes at x + offset[i], `fill` where the mask has no bit. */
VECTOR_INLINE bytes16 b_load(const int8_t *x, const int32_t *offset, uint8_t step, uint32_t mask, int8_t fill) {
    if (mask == 0xFFFF && step == 1)
        return vld1q_s8(x + offset[0]);
    int8_t bytes[16];
    for (int i = 0; i < 16; i++)
        bytes[i] = mask == 0xFFFF || (mask >> i & 1) ? x[offset[i]] : fill;
    return vld1q_s8(bytes);
}

VECTOR_INLINE words16 w_from_columns(const bytes16 columns[4]) {
    const int8x16x2_t low = vzipq_s8(columns[0], columns[1]), high = vzipq_s8(columns[2], columns[3]);
    words16 words;
    for (int i = 0; i < 2; i++) {
        const int16x8x2_t quads = vzipq_s16(vreinterpretq_s16_s8(low.val[i]), vreinterpretq_s16_s8(high.val[i]));
        words.part[2 * i] = vreinterpretq_s32_s16(quads.val[0]);
        words.part[2 * i + 1] = vreinterpretq_s32_s16(quads.val[1]);
    }
    return words;
}

VECTOR_INLINE words16 w_load_neighbours(const int8_t *x) {
    words16 words;
    for (int i = 0; i < 4; i++)
        words.part[i] = vreinterpretq_s32_s8(vld1q_s8(x + 16 * i));
    return words;
}

/* The words at x + 4 offset[i], all bytes `fill` where the mask has no bit. */
VECTOR_INLINE words16 w_load(const int8_t *x, const int32_t *offset, uint8_t step, uint32_t mask, int8_t fill) {
    if (mask == 0xFFFF && step == 1)
        return w_load_neighbours(x + 4 * (ptrdiff_t)offset[0]);
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
