/* pack_s8: sixteen pixels at a time, as words of four channels, or of four columns put together. An ISA with PACK_RUNS
 * has w_load_runs() for columns that are neighbours in x, of pixels that are two apart; with PACK_MASKED_RUNS
 * w_load_masked_runs() for such of which some lie outside. With PACK_APART w_part_unit() takes a packed unit apart. */

/* Up to four columns (channel, tap) of a plain tensor; those that are missing are the last one again. */
typedef struct pack_unit {
    const int8_t *x[4]; /* each at the tap */
    const uint16_t *mask[4];
    uint32_t columns;
} pack_unit;

VECTOR_INLINE pack_unit pack_unit_of(const nnz_pack_s8 *a, uint32_t unit) {
    pack_unit u = {.columns = a->cols - 4 * unit < 4 ? a->cols - 4 * unit : 4};
    uint32_t channel = 4 * unit / a->taps, tap = 4 * unit % a->taps;
    for (uint32_t i = 0; i < 4; i++) {
        u.x[i] = a->x + channel * a->channel_stride + a->tap_offset[tap];
        u.mask[i] = a->mask + tap * a->mask_stride;
        if (i + 1 < u.columns && ++tap == a->taps) {
            tap = 0;
            channel++;
        }
    }
    return u;
}

#ifdef PACK_RUNS
/* Whether all of sixteen pixels have all columns inside. */
VECTOR_INLINE bool pack_unit_is_inside(const pack_unit *u, uint32_t vector) {
    return (u->mask[0][vector] & u->mask[1][vector] & u->mask[2][vector] & u->mask[3][vector]) == 0xFFFF;
}
#endif

VECTOR_INLINE void pack_columns(const nnz_pack_s8 *a, uint32_t unit, uint32_t vectors, uint8_t *y) {
    const pack_unit u = pack_unit_of(a, unit);
    /* Stores of bytes may alias `a`: what the loop needs of it is read before. */
    const int32_t *offset = a->offset;
    const uint8_t *step = a->step;
    const int8_t zero = a->zero;
#ifdef PACK_RUNS
    const w_runs runs = w_runs_of(u.x, u.columns);
#endif
    for (uint32_t v = 0; v < vectors; v++, offset += 16, y += 16 * CELL) {
#ifdef PACK_RUNS
        if (runs.columns && step[v] == 2 && pack_unit_is_inside(&u, v)) {
            w_store_cells(y, w_load_runs(&runs, offset[0]));
            continue;
        }
#endif
#ifdef PACK_MASKED_RUNS
        if (runs.columns && step[v] == 2) {
            uint32_t inside[4];
            for (uint32_t i = 0; i < 4; i++)
                inside[i] = i < u.columns ? u.mask[i][v] : 0;
            w_store_cells(y, w_load_masked_runs(&runs, offset[0], inside, zero));
            continue;
        }
#endif
        bytes16 bytes[4];
        for (uint32_t i = 0; i < 4; i++)
            bytes[i] = i < u.columns ? b_load(u.x[i], offset, step[v], u.mask[i][v], zero) : b_zero();
        w_store_cells(y, w_from_columns(bytes));
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
        if (a->planes4)
            pack_channels(a, plane, tap, vectors, y);
        else
            pack_columns(a, u, vectors, y);
#ifdef PACK_APART
        if (a->apart)
            w_part_unit(y);
#endif
        if (++tap == a->taps) {
            tap = 0;
            plane += a->channel_stride;
        }
    }
}
