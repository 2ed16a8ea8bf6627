/*
 * pack_f32 in sixteens of pixels: how those of a tap find their inputs is the same in all channels, which follow each
 * other. An ISA has before this: `pixels`, what a call finds out about sixteen pixels for all taps; describe(), which
 * does; and pack_sixteen(), which packs rows of a tap, one of each channel, the lanes outside of `mask` being 0.
 *
 *   void describe(pixels *p, const int32_t *offset, uint32_t n, uint32_t step);
 *   void pack_sixteen(tap_rows r, const pixels *p, const int32_t *offset, uint32_t mask);
 */

/* `count` rows from row `begin` of the slice on. */
VECTOR_INLINE void pack_slice(const nnz_pack_f32 *a, const pixels *p, uint32_t begin, uint32_t count) {
    const uint32_t vectors = (a->pixels + 15) / 16, taps = a->taps, last = 0xFFFFu >> (16 * vectors - a->pixels);
    for (uint32_t i = 0; i < taps && i < count; i++) {
        const uint32_t tap = (a->first + begin + i) % taps, channel = (a->first + begin + i) / taps;
        tap_rows r = {
            .x = a->x + channel * a->channel_stride + a->tap_offset[tap],
            .y = a->y + (size_t)(begin + i) * a->ldy,
            .x_step = a->channel_stride,
            .y_step = (size_t)taps * a->ldy,
            .count = (count - i + taps - 1) / taps,
        };
        const uint16_t *mask = a->mask + tap * a->mask_stride;
        for (uint32_t v = 0; v < vectors; v++, r.y += 16)
            pack_sixteen(r, p + v, a->offset + 16 * v, mask[v] & (v + 1 < vectors ? 0xFFFFu : last));
    }
}

/* So many channels at a time that their y stays in L1 while taps and pixels pass. */
VECTOR_FUNCTION void VECTOR_NAME(pack_f32)(const nnz_pack_f32 *a) {
    enum { L1_BYTES = 24 << 10, LINE = 64 };
    const uint32_t vectors = (a->pixels + 15) / 16;
    pixels p[NNZ_TILE_MAX / 16];
    for (uint32_t v = 0; v < vectors; v++)
        describe(p + v, a->offset + 16 * v, a->pixels - 16 * v < 16 ? a->pixels - 16 * v : 16, a->step[v]);
    const uint32_t channels = L1_BYTES / LINE / (vectors * a->taps), most = (channels ? channels : 1) * a->taps;
    for (uint32_t i = 0; i < a->rows; i += most)
        pack_slice(a, p, i, a->rows - i < most ? a->rows - i : most);
}
