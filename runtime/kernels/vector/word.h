/* Four bytes as one number: a unit of weights, or the four channels of a pixel. */
#ifndef NNZ_VECTOR_WORD_H
#define NNZ_VECTOR_WORD_H

VECTOR_INLINE int32_t i_word(const int8_t *p) {
    int32_t word;
    __builtin_memcpy(&word, p, sizeof word);
    return word;
}

#endif
