#ifndef NNZ_VECTOR_ONE_POINTER_H
#define NNZ_VECTOR_ONE_POINTER_H

/* Hides from the compiler how a pointer was computed: otherwise it keeps one for each vector of pixels, and spills
 * them.
 */
VECTOR_INLINE const uint8_t *s8_one_pointer(const uint8_t *x) {
    __asm__("" : "+r"(x));
    return x;
}

#endif
