/*
 * pack_f32, sixteen pixels at a time. The positions of their inputs relative to each other are the same for all taps
 * and channels. So an ISA's file gives before this: `pixels`, what describe() finds out about these positions once; and
 * pack_sixteen(), which packs the rows of one tap in some channels, with 0 in the lanes outside of `mask`.
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

/* As many channels at a time as their y stays in L1 for all taps and pixels. */
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
