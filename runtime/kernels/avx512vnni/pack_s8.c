/* pack_s8 for AVX-512 VNNI: bytes with 128 added. */
#include "int8.h"

#ifdef NNZ_X86_64
#include "../avx512/pack_words.h"

VECTOR_INLINE void w_store_cells(uint8_t *y, words16 words) {
    _mm512_store_si512(y, _mm512_xor_si512(words, _mm512_set1_epi8(-128)));
}

#include "../vector/pack_s8.h"
#endif
