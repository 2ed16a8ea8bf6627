#ifndef NNZ_VECTOR_ONE_POINTER_H
#define NNZ_VECTOR_ONE_POINTER_H

/* A pointer that the compiler knows nothing of: left alone, it keeps one for each vector of pixels, and spills them. */
VECTOR_INLINE const uint8_t *s8_one_pointer(const uint8_t *x) {
    __asm__("" : "+r"(x));
    return x;
}

#endif
