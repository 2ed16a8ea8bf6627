/* Products of a unit of weights of each of some rows with units of x: each row's unit is broadcast. */

/* Adds the products of `rows` units of weights, at distances of four bytes, with V vectors of x to the rows' sums. */
VECTOR_INLINE void i_dot_rows(ivec *sums, const int8_t *w, const int rows, const xvec *x, const int V) {
    for (int r = 0; r < rows; r++) {
        const wvec unit = i_weights(w + 4 * r);
        for (int v = 0; v < V; v++)
            i_dot(sums + (r * V + v) * PARTS, x[v], unit);
    }
}
