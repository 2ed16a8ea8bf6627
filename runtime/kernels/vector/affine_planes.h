/* A body of affine_s8 or affine_exact_s8 for each function, with a residual and without. What includes it gives
 * affine_plane(), and, where there are other functions, AFFINE_OTHERS, which stands for them. */

/* By value, so that stores of bytes do not make the compiler load it again. */
VECTOR_INLINE void affine_planes(const nnz_affine_s8 a, const int function, const bool with_residual) {
    for (uint32_t first = 0; first < a.channels; first += 4)
        affine_plane(&a, first, a.channels - first < 4 ? (int)(a.channels - first) : 4, function, with_residual);
}

VECTOR_INLINE void affine_of(const nnz_affine_s8 *a, const int function) {
    if (a->x.residual)
        affine_planes(*a, function, true);
    else
        affine_planes(*a, function, false);
}

VECTOR_INLINE void affine(const nnz_affine_s8 *a) {
    switch (a->function) {
    case NNZ_ACT_CLIP:
        affine_of(a, NNZ_ACT_CLIP);
        break;
    case NNZ_ACT_GELU:
        affine_of(a, NNZ_ACT_GELU);
        break;
#ifdef AFFINE_OTHERS
    case NNZ_ACT_NONE:
        affine_of(a, NNZ_ACT_NONE);
        break;
    default:
        affine_of(a, AFFINE_OTHERS);
#else
    default:
        affine_of(a, NNZ_ACT_NONE);
#endif
    }
}
