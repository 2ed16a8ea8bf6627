/* The numbers of docs/FORMAT.md section 10.5. The polynomials, highest power first, are those of onnxruntime's MLAS. */
#ifndef NNZ_KERNELS_EXACT_H
#define NNZ_KERNELS_EXACT_H

static const float nnz_exact_exp_p[7] = {
    0x1.694p-10f, 0x1.125edcp-7f, 0x1.555b5ap-5f, 0x1.55545p-3f, 0x1.fffff6p-2f, 1, 1};
static const float nnz_exact_erf_exp_p[7] = {
    0x1.6a98dap-10f, 0x1.1272cap-7f, 0x1.555a2p-5f, 0x1.55542ep-3f, 0x1.fffff6p-2f, 1, 1};
static const float nnz_exact_erf_near_p[6] = {-0x1.3a1a82p-11f, 0x1.473f48p-8f,  -0x1.b68bd2p-6f,
                                              0x1.ce1a46p-4f,   -0x1.8126e0p-2f, 0x1.06eba6p-3f};
static const float nnz_exact_erf_far_p[7] = {-0x1.22290p-16f, 0x1.91d2ccp-12f, -0x1.fd1336p-9f, 0x1.8d6300p-6f,
                                             -0x1.b55cb0p-4f, -0x1.450aa0p-1f, -0x1.079d0cp-3f};

#define NNZ_EXACT_LOG2_E    0x1.715476p0f
#define NNZ_EXACT_LN_2_HIGH 0x1.62e4p-1f
#define NNZ_EXACT_LN_2_LOW  0x1.7f7d1cp-20f
#define NNZ_EXACT_EXP_MIN   -86.0f
#define NNZ_EXACT_HALF_ROOT 0x1.6a09e6p-1f /* 1 / sqrt 2 */
#define NNZ_EXACT_ERF_MAX   3.925f
#define NNZ_EXACT_ERF_SPLIT 0.921875f

enum { NNZ_EXACT_SUMS = 16 };

#endif
