/* pack_s8 for AVX-512: 16-bit cells. */
#include "int8.h"

#ifdef NNZ_X86_64
#include "pack_words.h"

VECTOR_INLINE void w_store_cells(uint8_t *y, words16 words) {
    _mm512_store_si512(y, _mm512_cvtepi8_epi16(_mm512_castsi512_si256(words)));
    _mm512_store_si512(y + 64, _mm512_cvtepi8_epi16(_mm512_extracti64x4_epi64(words, 1)));
}

#include "../vector/pack_s8.h"
#endif
