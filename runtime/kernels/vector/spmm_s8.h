/*
 * int8 products over a tile. An ISA's int8.h gives PIXELS (lanes of a vector of sums), PARTS (vectors that make one
 * such vector of sums), CELL (bytes of a unit and pixel of the tile), and i_dot(), which adds the products of a unit of
 * x for PIXELS pixels (xvec) and a unit of weights (wvec) to PARTS sums.
 */
#ifndef NNZ_VECTOR_SPMM_S8_H
#define NNZ_VECTOR_SPMM_S8_H

/* The sums of V vectors of pixels become bytes `byte` of the words in `out`. */
VECTOR_INLINE void s8_finish(const nnz_spmm_s8 *a, uint32_t row, int byte, const int V, const ivec *sums, ivec *out) {
    ivec bias = i_set(a->bias[row]), multiplier = i_set(a->multiplier[row]);
    ivec zero = i_set(a->zero), lo = i_set(a->lo), hi = i_set(a->hi);
    for (int v = 0; v < V; v++) {
        ivec sum = i_add(bias, i_join(sums + v * PARTS));
        ivec y = i_min(hi, i_max(lo, i_add(zero, i_requantize(sum, multiplier, a->shift))));
        out[v] = i_insert_byte(out[v], y, byte);
    }
}

/* Four channels of V vectors of pixels. Bytes of rows that do not exist are zero. */
VECTOR_INLINE void s8_store(const nnz_spmm_s8 *a, uint32_t row, uint32_t pixel, uint32_t pixels, const int V,
                            const ivec *out) {
    int8_t *y = a->y + row / 4 * a->ldy + (size_t)pixel * 4;
    for (int v = 0; v < V; v++) {
        const uint32_t left = pixels - (uint32_t)v * PIXELS;
        i_store_n(y + v * PIXELS * 4, out[v], left < PIXELS ? left : PIXELS);
    }
}

#endif
