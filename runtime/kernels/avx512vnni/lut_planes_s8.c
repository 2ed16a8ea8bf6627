/* lut_planes_s8 with AVX-512 VBMI, where the CPU has it: 64 pixels, a channel a register. */
#include "look_up.h"

#ifdef NNZ_X86_64

/* Word i of four bytes of v[0] to v[3], transposed: byte j of v[k] becomes byte k of v[j]. */
VBMI_INLINE void transpose_words(__m512i v[4]) {
    const __m512i up_two = _mm512_set4_epi32(0x0D0C0D0C, 0x09080908, 0x05040504, 0x01000100);
    const __m512i down_two = _mm512_set4_epi32(0x0F0E0F0E, 0x0B0A0B0A, 0x07060706, 0x03020302);
    const __m512i up_one = _mm512_set4_epi32(0x0E0E0C0C, 0x0A0A0808, 0x06060404, 0x02020000);
    const __m512i down_one = _mm512_set4_epi32(0x0F0F0D0D, 0x0B0B0909, 0x07070505, 0x03030101);
    __m512i w[4];
    for (int i = 0; i < 2; i++) {
        w[i] = _mm512_mask_shuffle_epi8(v[i], 0xCCCCCCCCCCCCCCCC, v[i + 2], up_two);
        w[i + 2] = _mm512_mask_shuffle_epi8(v[i + 2], 0x3333333333333333, v[i], down_two);
    }
    for (int i = 0; i < 4; i += 2) {
        v[i] = _mm512_mask_shuffle_epi8(w[i], 0xAAAAAAAAAAAAAAAA, w[i + 1], up_one);
        v[i + 1] = _mm512_mask_shuffle_epi8(w[i + 1], 0x5555555555555555, w[i], down_one);
    }
}

/* Which of the 16 pixels from `pixel` on there are. */
VBMI_INLINE __mmask16 pixels_from(size_t pixel, size_t pixels) {
    return pixels >= pixel + 16 ? 0xFFFF : pixels <= pixel ? 0 : (__mmask16)((1u << (pixels - pixel)) - 1);
}

VBMI static void planes_vbmi(const nnz_lut_planes_s8 *a) {
    const size_t pixels = a->pixels;
    for (uint32_t c = 0; c < a->channels; c += 4) {
        const int8_t *x = a->x + c / 4 * a->stride;
        int8_t *y = a->y + c / 4 * a->stride;
        byte_table tables[4];
        for (int i = 0; i < 4; i++)
            tables[i] = load_table(a->tables + 256 * ((size_t)c + (size_t)i));
        for (size_t p = 0; p < pixels; p += 64) {
            __m512i v[4];
            for (size_t i = 0; i < 4; i++)
                v[i] = _mm512_maskz_loadu_epi32(pixels_from(p + 16 * i, pixels), x + 4 * (p + 16 * i));
            transpose_words(v);
            for (int i = 0; i < 4; i++)
                v[i] = look_up(&tables[i], v[i]);
            transpose_words(v);
            for (size_t i = 0; i < 4; i++)
                _mm512_mask_storeu_epi32(y + 4 * (p + 16 * i), pixels_from(p + 16 * i, pixels), v[i]);
        }
    }
}

void nnz_lut_planes_s8_avx512vnni(const nnz_lut_planes_s8 *a) {
    if (nnz_cpu_has_vbmi())
        planes_vbmi(a);
    else
        nnz_lut_planes_s8_avx2(a);
}

#endif
