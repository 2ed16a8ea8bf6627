/* pack_s8: sixteen pixels at a time, as words of four channels, or of four columns put together byte by byte. */

/* Sixteen pixels of four columns (channel, tap) of a plain tensor. */
VECTOR_INLINE words16 pack_columns(const nnz_pack_s8 *a, uint32_t unit, uint32_t v) {
    int8_t bytes[64] = {0};
    for (uint32_t i = 0; i < 4 && 4 * unit + i < a->cols; i++) {
        const uint32_t channel = (4 * unit + i) / a->taps, tap = (4 * unit + i) % a->taps;
        const int8_t *x = a->x + channel * a->channel_stride + a->tap_offset[tap];
        const uint32_t mask = a->mask[tap * a->mask_stride + v];
        const int32_t *offset = a->offset + 16 * v;
        if (mask == 0xFFFF && a->step[v])
            for (int p = 0; p < 16; p++)
                bytes[4 * p + (int)i] = x[offset[0] + p * a->step[v]];
        else
            for (int p = 0; p < 16; p++)
                bytes[4 * p + (int)i] = mask >> p & 1 ? x[offset[p]] : a->zero;
    }
    return w_from_bytes(bytes);
}

VECTOR_FUNCTION void VECTOR_NAME(pack_s8)(const nnz_pack_s8 *a) {
    const uint32_t vectors = (a->pixels + 15) / 16;
    uint32_t tap = 0;
    const int8_t *plane = a->x;
    uint8_t *y = a->y;
    for (uint32_t u = 0; u < a->units; u++, y += (size_t)a->ldy * CELL) {
        const uint16_t *mask = a->mask + tap * a->mask_stride;
        for (uint32_t v = 0; v < vectors; v++) {
            words16 words;
            if (!a->planes4)
                words = pack_columns(a, u, v);
            else
                words =
                    w_load(plane + 4 * (ptrdiff_t)a->tap_offset[tap], a->offset + 16 * v, a->step[v], mask[v], a->zero);
            w_store_cells(y + (size_t)v * 16 * CELL, words);
        }
        if (a->planes4 && ++tap == a->taps) {
            tap = 0;
            plane += a->channel_stride;
        }
    }
}
