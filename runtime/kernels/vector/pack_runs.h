/* For pack_s8 of first layers, where some columns are neighbours in x: an ISA with w_load_runs() loads them for several
 * pixels at once, if these are two apart. */
#ifndef NNZ_VECTOR_PACK_RUNS_H
#define NNZ_VECTOR_PACK_RUNS_H

#define PACK_RUNS

/* How many columns from the first on are neighbours. */
VECTOR_INLINE uint32_t w_run_length(const int8_t *const *x, uint32_t columns) {
    uint32_t n = columns ? 1 : 0;
    while (n < columns && x[n] == x[0] + n)
        n++;
    return n;
}

#endif
