/* pack_s8: sixteen pixels at a time, as words of four channels, or of four columns put together. */

/* A unit of four columns (channel, tap) of a plain tensor. */
VECTOR_INLINE void pack_columns(const nnz_pack_s8 *a, uint32_t unit, uint32_t vectors, uint8_t *y) {
    const int8_t *x[4];
    const uint16_t *mask[4];
    uint32_t columns = 0;
    for (; columns < 4 && 4 * unit + columns < a->cols; columns++) {
        const uint32_t channel = (4 * unit + columns) / a->taps, tap = (4 * unit + columns) % a->taps;
        x[columns] = a->x + channel * a->channel_stride + a->tap_offset[tap];
        mask[columns] = a->mask + tap * a->mask_stride;
    }
    /* Stores of bytes may alias `a`: what the loop needs of it is read before. */
    const int32_t *offset = a->offset;
    const uint8_t *step = a->step;
    const int8_t zero = a->zero;
    for (uint32_t v = 0; v < vectors; v++) {
        bytes16 bytes[4];
        for (uint32_t i = 0; i < 4; i++)
            bytes[i] = i < columns ? b_load(x[i], offset + 16 * v, step[v], mask[i][v], zero) : b_zero();
        w_store_cells(y + (size_t)v * 16 * CELL, w_from_columns(bytes));
    }
}

/* A unit of four channels at a tap. */
VECTOR_INLINE void pack_channels(const nnz_pack_s8 *a, const int8_t *plane, uint32_t tap, uint32_t vectors,
                                 uint8_t *y) {
    const int8_t *x = plane + 4 * (ptrdiff_t)a->tap_offset[tap];
    const uint16_t *mask = a->mask + tap * a->mask_stride;
    const int32_t *offset = a->offset;
    const uint8_t *step = a->step;
    const int8_t zero = a->zero;
    for (uint32_t v = 0; v < vectors; v++)
        w_store_cells(y + (size_t)v * 16 * CELL, w_load(x, offset + 16 * v, step[v], mask[v], zero));
}

VECTOR_FUNCTION void VECTOR_NAME(pack_s8)(const nnz_pack_s8 *a) {
    const uint32_t vectors = (a->pixels + 15) / 16;
    uint32_t tap = 0;
    const int8_t *plane = a->x;
    uint8_t *y = a->y;
    for (uint32_t u = 0; u < a->units; u++, y += (size_t)a->ldy * CELL) {
        if (!a->planes4) {
            pack_columns(a, u, vectors, y);
            continue;
        }
        pack_channels(a, plane, tap, vectors, y);
        if (++tap == a->taps) {
            tap = 0;
            plane += a->channel_stride;
        }
    }
}
